// Stands for Cyrus SASL in a static program: that library finds its mechanisms as shared objects, and Debian's static
// one asks for every database and directory that they may use. librdkafka needs it for GSSAPI alone; PLAIN, SCRAM and
// OAUTHBEARER are its own.

// By the contracts of <sasl/sasl.h>, whose package need not be there.
namespace {
constexpr int kOk = 0, kNoMechanism = -4;
}

extern "C" {
int sasl_client_init(const void*) { return kOk; }
int sasl_client_new(const char*, const char*, const char*, const char*, const void*, unsigned, void** connection) {
  *connection = nullptr;
  return kNoMechanism;
}
int sasl_client_start(void*, const char*, void**, const char**, unsigned*, const char**) { return kNoMechanism; }
int sasl_client_step(void*, const char*, unsigned, void**, const char**, unsigned*) { return kNoMechanism; }
int sasl_listmech(void*, const char*, const char*, const char*, const char*, const char** result, unsigned*, int*) {
  *result = "";
  return kOk;
}
int sasl_getprop(void*, int, const void**) { return kNoMechanism; }
const char* sasl_errstring(int, const char*, const char**) { return "GSSAPI is not in a static program"; }
const char* sasl_errdetail(void*) { return "GSSAPI is not in a static program"; }
void sasl_dispose(void** connection) { *connection = nullptr; }
}
