/*
 * The table of all modules in the order of modules.def.
 */
#include "backend/session/module.h"

const struct module *const modules[MODULE_COUNT] = {
#define MODULE(name) [MODULE_##name] = &module_##name,
#include "backend/session/modules.def"
#undef MODULE
};

void
modules_each_feature(void (*fn)(void *data, const char *feature), void *data)
{
	for (int id = 0; id < MODULE_COUNT; id++) {
		const char *const *feature = modules[id]->features;
		for (; feature && *feature; feature++)
			fn(data, *feature);
	}
}
