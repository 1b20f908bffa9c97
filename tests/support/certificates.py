"""Certificates for test servers: an authority of our own and what it signs, valid, expired
or for another name. Elliptic keys, so that making them takes no time."""

import datetime
import ipaddress
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)
_XMPP_ADDR = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.5")


def _name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _write(path, data):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    return path


def _pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption())


class Authority:
    """A certificate authority in FOLDER; `path` is its certificate, for --ca-file."""

    def __init__(self, folder, name="tern test authority"):
        self.folder = str(folder)
        self.key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.utcnow()
        self.certificate = (
            x509.CertificateBuilder().subject_name(_name(name)).issuer_name(_name(name))
            .public_key(self.key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY).not_valid_after(now + 3650 * _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.KeyUsage(
                digital_signature=True, content_commitment=False, key_encipherment=False,
                data_encipherment=False, key_agreement=False, key_cert_sign=True,
                crl_sign=True, encipher_only=False, decipher_only=False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(
                self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256()))
        self.path = _write(
            os.path.join(self.folder, "ca.pem"),
            self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, *names, label=None, days=(-1, 365), common_name=None, without_san=False):
        """A certificate for NAMES (domains or IP addresses), valid from day to day of DAYS
        relative to now. Returns the paths of certificate and key; LABEL names the files."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.utcnow()
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(common_name or (names[0] if names else "nobody")))
            .issuer_name(self.certificate.subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + days[0] * _DAY).not_valid_after(now + days[1] * _DAY)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                self.key.public_key()), critical=False))
        if not without_san:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([self._general_name(n) for n in names]),
                critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        base = os.path.join(self.folder, label or names[0])
        return (_write(base + ".crt", certificate.public_bytes(serialization.Encoding.PEM)),
                _write(base + ".key", _pem(key)))

    @staticmethod
    def _general_name(name):
        if name.startswith("xmpp:"):
            value = name[5:].encode()
            return x509.OtherName(_XMPP_ADDR, b"\x0c" + bytes([len(value)]) + value)
        try:
            return x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            return x509.DNSName(name)
