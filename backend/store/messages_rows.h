/*
 * The columns of the table of lines in their one order, for the files that read and write
 * whole rows.
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

#endif
