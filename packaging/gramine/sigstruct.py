"""SIGSTRUCT, what an enclave is signed with: Intel SDM volume 3D, table 37-19."""

import dataclasses
import hashlib

SIZE = 1808
HEADER = bytes.fromhex("06000000e10000000000010000000000")
DATE, MODULUS, ATTRIBUTES, MRENCLAVE = slice(20, 24), slice(128, 512), 928, slice(960, 992)
ISV_PROD_ID, ISV_SVN = slice(1024, 1026), slice(1026, 1028)
DEBUG = 2


@dataclasses.dataclass(frozen=True)
class Sigstruct:
    mrenclave: str
    mrsigner: str
    isv_prod_id: int
    isv_svn: int
    debug: bool
    date: str  # YYYY-MM-DD.


def parse(data):
    """None for anything else."""
    if len(data) != SIZE or not data.startswith(HEADER):
        return None
    digits = data[DATE][::-1].hex()  # Binary-coded decimal.
    return Sigstruct(mrenclave=data[MRENCLAVE].hex(),
                     mrsigner=hashlib.sha256(data[MODULUS]).hexdigest(),
                     isv_prod_id=int.from_bytes(data[ISV_PROD_ID], "little"),
                     isv_svn=int.from_bytes(data[ISV_SVN], "little"),
                     debug=bool(data[ATTRIBUTES] & DEBUG),
                     date=f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")
