# distutils: language = c++
"""What C++ code of this process, and so a SUMO in it, writes to its standard streams: kept, to be told by the caller.

Python's own writing, and C's, goes where it went.
"""

from libcpp.string cimport string


cdef extern from *:
    """
    #include <iostream>
    #include <mutex>
    #include <streambuf>
    #include <string>

    namespace wayside {

    class Kept : public std::streambuf {
    public:
        std::string take() {
            std::lock_guard<std::mutex> guard(mutex);
            std::string taken;
            taken.swap(text);
            return taken;
        }

    protected:
        int_type overflow(int_type character) override {
            if (character != traits_type::eof()) {
                std::lock_guard<std::mutex> guard(mutex);
                text.push_back(traits_type::to_char_type(character));
            }
            return traits_type::not_eof(character);
        }

        std::streamsize xsputn(const char* from, std::streamsize count) override {
            std::lock_guard<std::mutex> guard(mutex);
            text.append(from, count);
            return count;
        }

    private:
        std::string text;
        std::mutex mutex;  // SUMO steps in a thread of its own
    };

    // Never destroyed: other libraries may write to the streams while the process ends.
    struct Streams {
        Kept errors, output;
        std::streambuf *true_errors = nullptr, *true_output = nullptr;

        static Streams& all() {
            static Streams* streams = new Streams;
            return *streams;
        }

        void keep() {
            if (!true_errors) {
                true_errors = std::cerr.rdbuf(&errors);
                true_output = std::cout.rdbuf(&output);
            }
        }

        void release() {
            if (true_errors) {
                std::cerr.rdbuf(true_errors);
                std::cout.rdbuf(true_output);
                true_errors = true_output = nullptr;
            }
        }
    };

    }  // namespace wayside
    """
    cdef cppclass Kept "wayside::Kept":
        string take()

    cdef cppclass Streams "wayside::Streams":
        Kept errors
        Kept output
        void keep()
        void release()
        @staticmethod
        Streams& all()


def keep():
    """From now on keep what is written."""
    Streams.all().keep()


def release():
    """Let it go to the process's own streams again; what was kept can still be taken."""
    Streams.all().release()


def take_errors():
    """What has been written to std::cerr since the last call, as bytes."""
    return Streams.all().errors.take()


def take_output():
    """What has been written to std::cout since the last call, as bytes."""
    return Streams.all().output.take()
