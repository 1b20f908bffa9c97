/*
 * Names of profiles and of their folders. A name is UTF-8 in NFC, 1 to 64 characters; its
 * folder is the name with every byte but [A-Za-z0-9_-] (and a '.' that does not lead)
 * percent-encoded, so the two are the same thing written twice and no name leaves its
 * place.
 */
#ifndef TERN_STORE_PROFILE_NAME_H
#define TERN_STORE_PROFILE_NAME_H

/* Checks a name as typed and gives it in NFC (caller frees). -EINVAL with a constant
 * sentence in *RET_SENTENCE if it can't be a name. */
int profile_name_check(const char *text, char **ret_name, const char **ret_sentence);

/* The checked NAME in NFD, as some keyboards and disks spell it (caller frees); NULL
 * where that is the same. */
char *profile_name_twin(const char *name);

/* The folder of a checked NAME; the caller frees. */
char *profile_name_folder(const char *name);

/* The name whose folder is FOLDER (caller frees), or NULL if FOLDER is not exactly what
 * profile_name_folder makes of some name. */
char *profile_name_of_folder(const char *folder);

#endif
