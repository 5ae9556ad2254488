// Expat without linking it: Python has it, and hands its functions to other parsers (pyexpat.h, as ElementTree does).
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>

namespace wayside {

// The head of `struct PyExpat_CAPI`, which only ever grows at its end; functions that are not called have no type here.
struct Expat {
    typedef struct XML_ParserStruct* Parser;
    typedef void (*Start)(void* self, const char* name, const char** attributes);
    typedef void (*End)(void* self, const char* name);
    typedef void (*Unused)();

    const char* magic;
    int size;
    int version[3];
    const char* (*error_string)(int code);
    int (*error_code)(Parser);
    unsigned long (*column)(Parser);
    unsigned long (*line)(Parser);
    int (*parse)(Parser, const char* text, int length, int last);
    Parser (*create)(const char* encoding, const void* memory, const char* separator);
    void (*release)(Parser);
    Unused characters, comment, other;
    void (*elements)(Parser, Start, End);
    Unused namespaces, instruction;
    void (*unknown_encoding)(Parser, int (*)(void*, const char*, void*), void*);
    void (*user_data)(Parser, void*);
    Unused doctype, encoding;
    int (*known_to_python)(void*, const char*, void*);

    // Needs the GIL. Raises runtime_error where this Python's parser is another.
    static const Expat& of_python() {
        const auto* found = static_cast<const Expat*>(PyCapsule_Import("pyexpat.expat_CAPI", 0));
        if (!found) {
            PyErr_Clear();
            throw std::runtime_error("this Python has no pyexpat");
        }
        const bool usual = !std::strncmp(found->magic, "pyexpat.expat_CAPI 1.", 21);
        if (!usual || found->size < static_cast<int>(offsetof(Expat, known_to_python) + sizeof(void*))) {
            throw std::runtime_error(std::string("this Python's pyexpat is another: ") + found->magic);
        }
        return *found;
    }
};

}  // namespace wayside
