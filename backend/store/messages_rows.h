/*
 * What the files that read and write lines say alike in SQL: the columns in their one
 * order, and which lines count.
 */
#ifndef TERN_STORE_MESSAGES_ROWS_H
#define TERN_STORE_MESSAGES_ROWS_H

#define MESSAGE_COLUMNS                                                                  \
	"id, conversation, place, seq, kind, state, is_outgoing, is_delayed, "           \
	"is_mention,"                                                                    \
	" may_repeat, sent_ms, received_ms, sender, resource, wire_id, origin_id, "      \
	"archive_id,"                                                                    \
	" archive_by, body, reason, mark, is_markable,"                                  \
	" occupant_id, retracted_by"

/* Whether a line counts as unread where it is behind what was read. */
#define MESSAGE_COUNTS "is_outgoing=0 AND kind=0 AND retracted_by IS NULL"

#endif
