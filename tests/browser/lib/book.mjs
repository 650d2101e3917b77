// A workbook or archive to upload, made without a library: files put uncompressed into a zip.
const table = Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});
const crc = (bytes) => ~bytes.reduce((sum, byte) => table[(sum ^ byte) & 255] ^ (sum >>> 8), ~0) >>> 0;

/** A zip of texts by their names. */
export function zip(files) {
  const parts = [];
  const index = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const [title, body] = [Buffer.from(name), Buffer.from(text)];
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(0x0800, 2);
    head.writeUInt16LE(0x21, 8);
    head.writeUInt32LE(crc(body), 10);
    head.writeUInt32LE(body.length, 14);
    head.writeUInt32LE(body.length, 18);
    head.writeUInt16LE(title.length, 22);
    parts.push(Buffer.from('PK\x03\x04'), head, title, body);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(offset, 10);
    index.push(Buffer.from('PK\x01\x02\x14\x00'), head, entry, title);
    offset += 4 + 26 + title.length + body.length;
  }
  const count = Object.keys(files).length;
  const size = index.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(size, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, ...index, Buffer.from('PK\x05\x06'), end]);
}

/** A directory as an archive of its two CSV files. */
export const archive = ({ units, employees }) => zip({ 'units.csv': units, 'employees.csv': employees });
