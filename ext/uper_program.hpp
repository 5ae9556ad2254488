// The words of a flat program for UPER.
//
// A program is an array of int64. Each type is a node: an operation, the column that its value goes to (-1: none), and
// what the operation needs, at the offsets named below; nodes refer to each other by their place in the array.
// edge/messages/program.py writes programs, uper.pyx encodes Python values by them.
#pragma once

#include <cstdint>

namespace uper {

enum Op : int64_t { BOOLEAN, NUL, INTEGER, ENUMERATED, BITS, OCTETS, TEXT, SEQUENCE_OF, SEQUENCE, CHOICE, OPEN };

// Offsets into nodes. COLUMN is common to all; EXTENSIBLE to all that may be.
constexpr int COLUMN = 1, EXTENSIBLE = 2;
// INTEGER: bounds, INT64_MIN and INT64_MAX for none; bits of a constrained one, -1 for no range; values left out, a bit
// for each from the lowest on
constexpr int LOW = 3, HIGH = 4, WIDTH = 5, GAPS = 6;
// ENUMERATED, CHOICE: items of the root, bits of its index, items with additions, the object with their names (the
// one after it is a dict from name to index); a choice's nodes follow
constexpr int ROOT = 3, INDEX_WIDTH = 4, ITEMS = 5, NAMES = 6, ALTERNATIVES = 7;
// BITS, OCTETS, TEXT, SEQUENCE OF: sizes LOW..HIGH of the root (HIGH -1: none), bits of the length (-1: general form),
// the largest size with extensions (-1: none); then bits a character, 0 for UTF-8, and for the others the number of
// characters, the characters in their order, and the index of each of 128; or whether the bits have names; or the
// element, its least bits, and the list that its columns are of
constexpr int REACH = 6, NAMED = 7, CHARACTER_WIDTH = 7, CHARACTERS = 8, ALPHABET = 9;
constexpr int ELEMENT = 7, ELEMENT_WIDTH = 8, LIST = 9;
// SEQUENCE: members, how many of them OPTIONAL or DEFAULT, additions; then for each: name (-1: a group of additions),
// kind, node, the object of its default, and the column that says whether it is there
constexpr int MEMBERS = 3, OPTIONALS = 4, ADDITIONS = 5, TABLE = 6, ENTRY = 5, PRESENCE = 4;
constexpr int MANDATORY = 0, OPTIONAL = 1, DEFAULT = 2;
// OPEN: how many types; then for each the value of the member before and the node
constexpr int TYPES = 2, PAIRS = 3;

constexpr int DEPTH = 128;  // of types within types that a message may have

}  // namespace uper
