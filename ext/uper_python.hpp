// Python values out of the UPER decoder (uper.hpp): dicts, lists, (name, value) for a choice, (int, length) for bits.
#pragma once

#include <Python.h>

#include "uper.hpp"

namespace uper {

struct PythonSink {
    using Value = PyObject*;  // owned by whoever holds it; nullptr until there is one

    PyObject* objects;  // tuple: names, enumerations, defaults

    void drop(PyObject* value) { Py_XDECREF(value); }
    PyObject* object(int64_t index) { return PyTuple_GET_ITEM(objects, index); }
    static PyObject* shared(PyObject* value) {
        Py_INCREF(value);
        return value;
    }

    bool boolean(const int64_t*, bool set, PyObject*& out) {
        out = shared(set ? Py_True : Py_False);
        return true;
    }
    bool null(const int64_t*, PyObject*& out) {
        out = shared(Py_None);
        return true;
    }
    bool integer(const int64_t*, int64_t number, PyObject*& out) { return (out = PyLong_FromLongLong(number)); }
    bool enumerated(const int64_t* p, int64_t index, PyObject*& out) {
        if (index >= p[ITEMS]) return (out = PyLong_FromLongLong(index));
        out = shared(PyTuple_GET_ITEM(object(p[NAMES]), index));
        return true;
    }
    bool bits(const int64_t*, const uint8_t* data, int64_t count, PyObject*& out) {
        PyObject* number;
        if (count <= 64) {
            number = PyLong_FromUnsignedLongLong(count ? load_be(data) >> (64 - count) : 0);
        } else {
            const auto octets = static_cast<Py_ssize_t>((count + 7) / 8);
            PyObject* padded = PyObject_CallMethod(reinterpret_cast<PyObject*>(&PyLong_Type), "from_bytes", "y#s",
                                                   reinterpret_cast<const char*>(data), octets, "big");
            PyObject* padding = PyLong_FromLongLong(8 * octets - count);
            number = padded && padding ? PyNumber_Rshift(padded, padding) : nullptr;
            Py_XDECREF(padded);
            Py_XDECREF(padding);
        }
        PyObject* length = PyLong_FromLongLong(count);
        out = number && length ? PyTuple_Pack(2, number, length) : nullptr;
        Py_XDECREF(number);
        Py_XDECREF(length);
        return out;
    }
    bool octets(const int64_t*, const uint8_t* data, int64_t count, PyObject*& out) {
        return (out = PyBytes_FromStringAndSize(reinterpret_cast<const char*>(data), count));
    }
    bool text(const int64_t*, const uint8_t* data, int64_t count, PyObject*& out) {
        return (out = PyUnicode_DecodeUTF8(reinterpret_cast<const char*>(data), count, "strict"));
    }

    bool begin_list(const int64_t*, PyObject*& out) { return (out = PyList_New(0)); }
    bool begin_element(const int64_t*) { return true; }
    bool element(PyObject* list, PyObject* value) {
        const int failed = PyList_Append(list, value);
        Py_DECREF(value);
        return !failed;
    }
    bool end_list(const int64_t*, int64_t) { return true; }

    bool begin_sequence(const int64_t*, PyObject*& out) { return (out = PyDict_New()); }
    bool member(PyObject* dict, const int64_t* entry, PyObject* value) {
        const int failed = PyDict_SetItem(dict, object(entry[0]), value);
        Py_DECREF(value);
        return !failed;
    }
    bool absent(PyObject* dict, int64_t name, int64_t value) {
        return PyDict_SetItem(dict, object(name), object(value)) == 0;
    }
    bool unknown_member(PyObject* dict, int64_t index, const uint8_t* data, int64_t count) {
        PyObject *key = PyLong_FromLongLong(index), *value = nullptr;
        const bool done = key && octets(nullptr, data, count, value) && PyDict_SetItem(dict, key, value) == 0;
        Py_XDECREF(key);
        Py_XDECREF(value);
        return done;
    }

    bool choice(const int64_t* p, int64_t index, PyObject* value, PyObject*& out) {
        out = PyTuple_Pack(2, PyTuple_GET_ITEM(object(p[NAMES]), index), value);
        Py_DECREF(value);
        return out;
    }
    bool unknown_choice(const int64_t*, int64_t index, const uint8_t* data, int64_t count, PyObject*& out) {
        PyObject *key = PyLong_FromLongLong(index), *value = nullptr;
        if (key && octets(nullptr, data, count, value)) out = PyTuple_Pack(2, key, value);
        Py_XDECREF(key);
        Py_XDECREF(value);
        return out;
    }
};

// False with a Python error set, or with what is wrong in the report; then there is no value.
static inline bool decode_python(const int64_t* code, PyObject* objects, const uint8_t* data, int64_t size,
                                 PyObject** out, Report* report) {
    PythonSink sink{objects};
    Decoder<PythonSink> decoder(code, sink);
    if (decoder.message(data, size, *out)) return true;
    Py_CLEAR(*out);
    *report = decoder;
    return false;
}

}  // namespace uper
