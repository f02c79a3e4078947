/**
 * Signatures, lengths and flags of a zip archive's records, by the names of PKWARE's APPNOTE 4.3
 * and 4.4.4. All numbers are little-endian.
 */

/** "PK\x03\x04" */
export const LOCAL_HEADER = 0x04034b50;
/** "PK\x07\x08" */
export const DATA_DESCRIPTOR = 0x08074b50;
/** "PK\x01\x02" */
export const CENTRAL_HEADER = 0x02014b50;
/** "PK\x06\x06" */
export const ZIP64_END = 0x06064b50;
/** "PK\x06\x07" */
export const ZIP64_LOCATOR = 0x07064b50;
/** "PK\x05\x06" */
export const END = 0x06054b50;

/** Length of a local header without name and extra fields. */
export const LOCAL_HEADER_BYTES = 30;
/** Length of a directory entry without name, extra fields and comment. */
export const CENTRAL_HEADER_BYTES = 46;
/** Length of the zip64 end record. */
export const ZIP64_END_BYTES = 56;
/** Length of the record that tells where the zip64 end record is. */
export const ZIP64_LOCATOR_BYTES = 20;
/** Length of the end record without the comment. */
export const END_BYTES = 22;

/** Flag: the member is encrypted. */
export const FLAG_ENCRYPTED = 0x1;
/** Flag of lzma members: the data ends at a marker. */
export const FLAG_LZMA_MARKER = 0x2;
/** Flag: sizes and checksum stand behind the data. */
export const FLAG_DESCRIPTOR = 0x8;
/** Flag: the member holds differences to another file. */
export const FLAG_PATCH = 0x20;
/** Flag: the member is encrypted, by the newer method. */
export const FLAG_STRONG_ENCRYPTION = 0x40;
/** Flag: the name is UTF-8. */
export const FLAG_UTF8 = 0x800;

/** Length of an extra field's id and length. */
export const EXTRA_HEADER_BYTES = 4;
/** Id of the extra field with numbers of 64 bits. */
export const EXTRA_ZIP64 = 0x0001;
/** What a number of 32 bits is where the zip64 field has it. */
export const IN_ZIP64 = 0xffffffff;

/** Method: as it is. */
export const STORED = 0;
/** Method: deflate. */
export const DEFLATED = 8;
/** Method: bzip2. */
export const BZIP2 = 12;
/** Method: lzma. */
export const LZMA = 14;
