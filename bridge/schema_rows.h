/*
 * Includes schema.def with every row macro that the includer left out defined as nothing,
 * then forgets them all. So a walk over the schema defines only the rows that it wants.
 * Included many times on purpose: no guard.
 */
#ifndef CHOICE
#define CHOICE(name, since, doc)
#endif
#ifndef VALUE
#define VALUE(choice, NAME, text, doc)
#endif
#ifndef CHOICE_END
#define CHOICE_END(name)
#endif
#ifndef RECORD
#define RECORD(name, since, doc)
#endif
#ifndef RECORD_END
#define RECORD_END(name)
#endif
#ifndef BOOL
#define BOOL(record, field, need, since, doc)
#endif
#ifndef INT
#define INT(record, field, need, since, doc)
#endif
#ifndef STR
#define STR(record, field, need, since, doc)
#endif
#ifndef SECRET
#define SECRET(record, field, need, since, doc)
#endif
#ifndef BIN
#define BIN(record, field, need, since, doc)
#endif
#ifndef SECRET_BIN
#define SECRET_BIN(record, field, need, since, doc)
#endif
#ifndef ENUM
#define ENUM(record, field, need, of, since, doc)
#endif
#ifndef REC
#define REC(record, field, need, of, since, doc)
#endif
#ifndef LIST
#define LIST(record, field, need, of, since, doc)
#endif
#ifndef STRS
#define STRS(record, field, need, since, doc)
#endif
#ifndef METHOD
#define METHOD(name, wire, scope, params, result, since, doc)
#endif
#ifndef EVENT
#define EVENT(name, wire, record, since, doc)
#endif
#ifndef ERROR
#define ERROR(NAME, since, doc)
#endif

#include "bridge/schema.def"

#undef CHOICE
#undef VALUE
#undef CHOICE_END
#undef RECORD
#undef RECORD_END
#undef BOOL
#undef INT
#undef STR
#undef SECRET
#undef BIN
#undef SECRET_BIN
#undef ENUM
#undef REC
#undef LIST
#undef STRS
#undef METHOD
#undef EVENT
#undef ERROR
