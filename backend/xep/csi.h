/*
 * XEP-0352: tells the server whether anybody looks, so that it holds back what can wait.
 */
#ifndef TERN_XEP_CSI_H
#define TERN_XEP_CSI_H

struct profile;

/* Says it now, if the stream is online and the server offers it. */
void csi_say(struct profile *profile);

#endif
