"""What check_manifest asks of the files: what is mounted where, what is measured, what is allowed
unmeasured, and that the hashes are those of the files that are there."""

import hashlib
import posixpath
import re

SHM = {"type": "untrusted_shm", "path": "/dev/shm", "uri": "dev:/dev/shm"}
MODEL = {"path": "/model.sotto", "uri": "file:model.sotto"}
# Keys that Gramine makes itself, of the signer or of the enclave.
SEALING_KEYS = ("_sgx_mrsigner", "_sgx_mrenclave")
# Where a file of the enclave may come from: of packaging/gramine by relative URIs, because an
# absolute one would carry the directory of the build into the measurement.
OWN_FILES = re.compile(r"file:(sotto|prompts\.[a-z]+|provision\.crt|provisioner\.pem|lib/\w[\w.+-]*)", re.ASCII)
HASH = re.compile("[0-9a-f]{64}")


class Files:
    """The sections of a manifest that name files. `directory` is where relative URIs begin; None
    leaves the hashes uncompared."""

    def __init__(self, flat, provisioned_key, shared, directory):
        self.entrypoint = flat.get("loader.entrypoint.uri")
        self.entrypoint_hash = flat.get("loader.entrypoint.sha256")
        self.mounts = tables(flat.get("fs.mounts"))
        self.trusted = tables(flat.get("sgx.trusted_files"))
        self.allowed = flat.get("sgx.allowed_files")
        self.problems = [
            f"{key}: must be a list of tables" for key, found in
            (("fs.mounts", self.mounts), ("sgx.trusted_files", self.trusted)) if found is None]
        if self.problems:
            return
        self._provisioned_key, self._shared, self._directory = provisioned_key, shared, directory
        self.uris = [file.get("uri") for file in self.trusted]
        self.problems = [*self._trusted_files(), *self._allowed_files(), *self._mounts()]

    def _of_gramine(self, uri):
        """Whether a URI is Gramine's: the library OS, or of the C library beside it."""
        if not isinstance(self.entrypoint, str):
            return False
        runtime = posixpath.join(posixpath.dirname(self.entrypoint), "runtime/glibc")
        return uri == self.entrypoint or posixpath.dirname(uri) == runtime

    def _trusted_files(self):
        if not re.fullmatch("file:/.+/libsysdb\\.so", str(self.entrypoint)):
            yield f"loader.entrypoint.uri: {self.entrypoint!r} is not Gramine's library OS"
        for file in self.trusted:
            yield from self._trusted_file(file)
        if len(set(map(str, self.uris))) != len(self.uris):
            yield "sgx.trusted_files: a file is listed twice"
        hashes = [file.get("sha256") for file in self.trusted if file.get("uri") == self.entrypoint]
        if not hashes:
            yield "sgx.trusted_files: the library OS of loader.entrypoint.uri is missing"
        elif self.entrypoint_hash != hashes[0]:
            yield "loader.entrypoint.sha256: not the hash that sgx.trusted_files has"

    def _trusted_file(self, file):
        uri, digest = file.get("uri"), file.get("sha256")
        where = f"sgx.trusted_files: {uri!r}"
        if set(file) - {"uri", "sha256"}:
            yield f"{where}: has keys beside uri and sha256"
        if not isinstance(uri, str) or not uri.startswith("file:"):
            yield f"{where}: is not a file: URI"
            return
        if uri.endswith("/"):
            yield f"{where}: a whole directory; list files one by one"
        elif not (posixpath.normpath(uri) == uri and self._of_gramine(uri) or
                  OWN_FILES.fullmatch(uri)):
            yield f"{where}: neither Gramine's nor a file of this directory, by its relative name"
        if not isinstance(digest, str) or not HASH.fullmatch(digest):
            yield f"{where}: has no SHA-256: gramine-manifest writes one for each file"
        elif self._directory is not None:
            yield from self._hash_of(where, uri, digest)
        if uri != self.entrypoint and uri not in [mount.get("uri") for mount in self.mounts]:
            yield f"{where}: is mounted nowhere"

    def _hash_of(self, where, uri, digest):
        try:
            with open(self._directory / uri.removeprefix("file:"), "rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            yield f"{where}: {error.strerror}"
            return
        if found != digest:
            yield f"{where}: the file's SHA-256 is {found}"

    def _allowed_files(self):
        wanted = [MODEL["uri"]] + ([SHM["uri"]] if self._shared else [])
        if self.allowed != wanted:
            yield (f"sgx.allowed_files: must be {wanted}: the sealed model, which checks itself, "
                   "and shared memory where --data-plane uses it")

    def _mounts(self):
        paths = [mount.get("path") for mount in self.mounts]
        encrypted = [m.get("path") for m in self.mounts if m.get("type") == "encrypted"]
        if len(set(map(str, paths))) != len(paths):
            yield "fs.mounts: a path is mounted twice"
        if encrypted != ["/data"]:
            yield "fs.mounts: needs one encrypted mount, /data"
        for path in ("/sotto", "/model.sotto", "/lib/ld-linux-x86-64.so.2", "/lib/libc.so.6"):
            if path not in paths:
                yield f"fs.mounts: {path} is missing"
        for mount in self.mounts:
            yield from self._mount(mount)
        if self._shared and SHM not in self.mounts:
            yield "fs.mounts: the shared memory of --data-plane is missing"

    def _mount(self, mount):
        kind, path, uri = mount.get("type", "chroot"), mount.get("path"), mount.get("uri")
        if kind == "encrypted":
            yield from self._encrypted(mount)
        elif kind == "untrusted_shm":
            if mount != SHM:
                yield "fs.mounts: shared memory must be dev:/dev/shm at /dev/shm, and no more"
            elif not self._shared:
                yield "fs.mounts: shared memory that --data-plane does not use"
        elif kind != "chroot":
            yield f"fs.mounts: type {kind} of {path} is not of a release"
        elif set(mount) != {"path", "uri"}:
            yield f"fs.mounts: {path}: must have path and uri, and no other key"
        elif mount != MODEL and uri not in self.uris:
            yield f"fs.mounts: {uri} is mounted but not trusted"
        elif path != self._place_of(uri):
            yield f"fs.mounts: {uri} must be mounted at {self._place_of(uri)}, not at {path}"

    def _place_of(self, uri):
        """Where a file of the enclave belongs."""
        library = self._of_gramine(uri) or uri.startswith("file:lib/")
        return f"/{'lib/' if library else ''}{posixpath.basename(uri.removeprefix('file:'))}"

    def _encrypted(self, mount):
        if set(mount) != {"type", "path", "uri", "key_name"} or mount["uri"] != "file:data":
            yield "fs.mounts: /data must be file:data with a key_name, and have no other key"
            return
        key = mount["key_name"]
        if self._provisioned_key is None and key not in SEALING_KEYS:
            yield (f"fs.mounts: /data: nobody provisions the key {key!r}: set PROVISION, or take "
                   "_sgx_mrsigner")
        elif self._provisioned_key is not None and key != self._provisioned_key:
            yield (f"fs.mounts: /data: its key is {key!r}, and {self._provisioned_key!r} is what "
                   "is provisioned")


def tables(value):
    """A list of tables as it is; None for anything else, a missing one included."""
    listed = isinstance(value, list) and all(isinstance(entry, dict) for entry in value)
    return value if listed else None
