# distutils: language = c++
"""Who knows of whom by what third parties have told (knowledge.hpp)."""

from libc.stdint cimport uint32_t
from libcpp.vector cimport vector

import numpy as np


cdef extern from "knowledge.hpp" namespace "wayside" nogil:
    cdef cppclass CppKnowledge "wayside::Knowledge":
        CppKnowledge() except +
        vector[int] knower
        vector[int] known
        vector[double] error
        vector[int] by
        void look(
            const int* source, const int* ago, const double* x, const double* y, int objects, const double* user_x,
            const double* user_y, const unsigned char* there, int users, double gate, const double* at_x,
            const double* at_y, const unsigned char* listens, int receivers, const uint32_t* received, int sources,
            double within,
        ) except +


cdef class Knowledge:
    """Pairs of those who look and those who are there, with what the one knows of the other."""

    cdef CppKnowledge knowledge

    def look(
        self,
        const int[::1] source not None,
        const int[::1] ago not None,
        const double[::1] x not None,
        const double[::1] y not None,
        const double[::1] user_x not None,
        const double[::1] user_y not None,
        const unsigned char[::1] there not None,
        double gate,
        const double[::1] at_x not None,
        const double[::1] at_y not None,
        const unsigned char[::1] listens not None,
        const uint32_t[:, ::1] received not None,
        double within,
    ):
        """Objects as told: by which source, how many ticks ago (0 to 31; older ones count nothing), where they would be
        now, x, y [m]. Users: where they are, and which of them count; an object is the nearest one within `gate` [m].
        Receivers: where they are, which listen, and received (receivers x sources): bit k: of a source, k ticks ago.

        Returns a row for each receiver and user at most `within` [m] apart: receiver, user, how far what is known of it is
        from the truth [m] (NaN: nothing is known), and by which source (-1). Of several the newest word counts.
        """
        cdef int objects = <int>source.shape[0], users = <int>user_x.shape[0], receivers = <int>at_x.shape[0]
        if (
            not objects == ago.shape[0] == x.shape[0] == y.shape[0]
            or not users == user_y.shape[0] == there.shape[0]
            or not receivers == at_y.shape[0] == listens.shape[0] == received.shape[0]
        ):
            raise ValueError("columns of different lengths")
        cdef Py_ssize_t o
        for o in range(objects):
            if not 0 <= source[o] < received.shape[1]:
                raise ValueError(f"source {source[o]}: must be one of {received.shape[1]}")
        if users == 0 or receivers == 0 or received.shape[1] == 0:
            return _NOBODY
        cdef const int* first_source = NULL
        cdef const int* first_ago = NULL
        cdef const double* first_x = NULL
        cdef const double* first_y = NULL
        if objects:
            first_source, first_ago, first_x, first_y = &source[0], &ago[0], &x[0], &y[0]
        with nogil:
            self.knowledge.look(
                first_source, first_ago, first_x, first_y, objects, &user_x[0], &user_y[0], &there[0], users, gate,
                &at_x[0], &at_y[0], &listens[0], receivers, &received[0, 0], <int>received.shape[1], within,
            )
        cdef Py_ssize_t n = self.knowledge.knower.size()
        if n == 0:
            return _NOBODY
        return (
            np.array(<int[:n]>self.knowledge.knower.data()),
            np.array(<int[:n]>self.knowledge.known.data()),
            np.array(<double[:n]>self.knowledge.error.data()),
            np.array(<int[:n]>self.knowledge.by.data()),
        )


_NOBODY = np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0), np.zeros(0, np.int32)
