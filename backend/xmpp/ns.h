/*
 * The names of the namespaces that tern speaks, so that each is spelt once. Constants
 * only; everyone in the backend may use them.
 */
#ifndef TERN_XMPP_NS_H
#define TERN_XMPP_NS_H

/* RFC 6120, 6121, 7395, XEP-0368 and what belongs to the stream. */
#define NS_XML "http://www.w3.org/XML/1998/namespace"
#define NS_STREAM "http://etherx.jabber.org/streams"
#define NS_STREAM_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"
#define NS_STANZA_ERRORS "urn:ietf:params:xml:ns:xmpp-stanzas"
#define NS_CLIENT "jabber:client"
#define NS_TLS "urn:ietf:params:xml:ns:xmpp-tls"
#define NS_SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define NS_SASL_CB "urn:xmpp:sasl-cb:0" /* XEP-0440 */
#define NS_BIND "urn:ietf:params:xml:ns:xmpp-bind"
#define NS_SESSION "urn:ietf:params:xml:ns:xmpp-session"
#define NS_ROSTER "jabber:iq:roster"
#define NS_ROSTER_VER "urn:xmpp:features:rosterver"
#define NS_SUB_PREAPPROVAL "urn:xmpp:features:pre-approval"
#define NS_SM "urn:xmpp:sm:3"		     /* XEP-0198 */
#define NS_CSI "urn:xmpp:csi:0"		     /* XEP-0352 */
#define NS_LIMITS "urn:xmpp:stream-limits:0" /* XEP-0478 */
#define NS_REGISTER "jabber:iq:register"     /* XEP-0077 */
#define NS_REGISTER_FEATURE "http://jabber.org/features/iq-register"

/* Discovery and what a basic client answers. */
#define NS_DISCO_INFO "http://jabber.org/protocol/disco#info" /* XEP-0030 */
#define NS_DISCO_ITEMS "http://jabber.org/protocol/disco#items"
#define NS_CAPS "http://jabber.org/protocol/caps" /* XEP-0115 */
#define NS_VERSION "jabber:iq:version"		  /* XEP-0092 */
#define NS_TIME "urn:xmpp:time"			  /* XEP-0202 */
#define NS_PING "urn:xmpp:ping"			  /* XEP-0199 */
#define NS_LAST "jabber:iq:last"		  /* XEP-0012 */
#define NS_BLOCKING "urn:xmpp:blocking"		  /* XEP-0191 */
#define NS_BLOCKING_ERRORS "urn:xmpp:blocking:errors"
#define NS_DATA_FORM "jabber:x:data"		  /* XEP-0004 */
#define NS_RSM "http://jabber.org/protocol/rsm"	  /* XEP-0059 */
#define NS_NICK "http://jabber.org/protocol/nick" /* XEP-0172 */
#define NS_IDLE "urn:xmpp:idle:1"		  /* XEP-0319 */
#define NS_OOB "jabber:x:oob"			  /* XEP-0066 */

/* Messages. */
#define NS_CHAT_STATES "http://jabber.org/protocol/chatstates" /* XEP-0085 */
#define NS_DELAY "urn:xmpp:delay"			       /* XEP-0203 */
#define NS_DELAY_OLD "jabber:x:delay"			       /* XEP-0091 */
#define NS_RECEIPTS "urn:xmpp:receipts"			       /* XEP-0184 */
#define NS_MARKERS "urn:xmpp:chat-markers:0"		       /* XEP-0333 */
#define NS_STANZA_ID "urn:xmpp:sid:0"			       /* XEP-0359 */
#define NS_HINTS "urn:xmpp:hints"			       /* XEP-0334 */
#define NS_CORRECT "urn:xmpp:message-correct:0"		       /* XEP-0308 */
#define NS_CARBONS "urn:xmpp:carbons:2"			       /* XEP-0280 */
#define NS_FORWARD "urn:xmpp:forward:0"			       /* XEP-0297 */
#define NS_MAM "urn:xmpp:mam:2"				       /* XEP-0313 */
#define NS_MUC "http://jabber.org/protocol/muc"		       /* XEP-0045 */
#define NS_MUC_USER "http://jabber.org/protocol/muc#user"
#define NS_MUC_ADMIN "http://jabber.org/protocol/muc#admin"
#define NS_MUC_OWNER "http://jabber.org/protocol/muc#owner"
#define NS_MUC_REQUEST "http://jabber.org/protocol/muc#request"
#define NS_OCCUPANT_ID "urn:xmpp:occupant-id:0" /* XEP-0421 */
#define NS_RETRACT "urn:xmpp:message-retract:1" /* XEP-0424 */
#define NS_RETRACT_OLD "urn:xmpp:message-retract:0"
#define NS_MODERATE "urn:xmpp:message-moderate:1" /* XEP-0425 */
#define NS_MODERATE_OLD "urn:xmpp:message-moderate:0"
#define NS_FASTEN "urn:xmpp:fasten:0"		      /* XEP-0422 */
#define NS_FALLBACK "urn:xmpp:fallback:0"	      /* XEP-0428 */
#define NS_CONFERENCE "jabber:x:conference"	      /* XEP-0249 */
#define NS_PUBSUB "http://jabber.org/protocol/pubsub" /* XEP-0060 */
#define NS_PUBSUB_EVENT "http://jabber.org/protocol/pubsub#event"
#define NS_PUBSUB_OWNER "http://jabber.org/protocol/pubsub#owner"
#define NS_PUBSUB_ERRORS "http://jabber.org/protocol/pubsub#errors"
#define NS_PUBSUB_PUBLISH_OPTIONS "http://jabber.org/protocol/pubsub#publish-options"
#define NS_PUBSUB_NODE_CONFIG "http://jabber.org/protocol/pubsub#node_config"
#define NS_BOOKMARKS "urn:xmpp:bookmarks:1" /* XEP-0402 */
#define NS_BOOKMARKS_COMPAT "urn:xmpp:bookmarks:1#compat"
#define NS_BOOKMARKS_OLD "storage:bookmarks"	     /* XEP-0048 */
#define NS_PRIVATE "jabber:iq:private"		     /* XEP-0049 */
#define NS_NOTIFY "urn:xmpp:notification-settings:1" /* XEP-0492 */
#define NS_NOTIFY_OLD "urn:xmpp:notification-settings:0"
#define NS_READ_POSITIONS "urn:xmpp:mds:displayed:0" /* XEP-0490 */

#endif
