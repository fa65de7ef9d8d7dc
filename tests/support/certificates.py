"""Certificates for a test, made by openssl: an authority, and what it signs."""

from support import testing


class Authority:
    """`certificate` is the authority's own; `issue` gives a certificate and its key. All are PEM files in the test's folder."""

    def __init__(self, test, name="authority"):
        self._folder, self._name = test.folder, name
        self.certificate, self._key = self._folder / f"{name}.pem", self._folder / f"{name}-key.pem"
        # Python 3.13 refuses certificates that do not say everything that RFC 5280 asks for.
        self._openssl("req", "-x509", *self._new_key(self._key), "-out", self.certificate, "-days", "2", "-subj", f"/CN={name}",
                      "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, name="server"):
        request, extensions = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        certificate, key = self._folder / f"{name}.pem", self._folder / f"{name}-key.pem"
        extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nkeyUsage=critical,digitalSignature\n"
                              "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        self._openssl("req", "-new", *self._new_key(key), "-out", request, "-subj", f"/CN={name}")
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial", "-days", "2",
                      "-extfile", extensions, "-out", certificate)
        return certificate, key

    @staticmethod
    def _new_key(path):
        return "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path

    @staticmethod
    def _openssl(*arguments):
        testing.run(testing.find_program("openssl"), *arguments, check=True)
