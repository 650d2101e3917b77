//! How much a source may hold. Set by the house, so that a hostile or mistaken file cannot exhaust the machine.

/// Limits of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Size of the file, packed where it is packed.
    pub input_max_bytes: u64,
    /// Size of all that an archive or workbook unpacks to.
    pub unpacked_max_bytes: u64,
    /// Size of a workbook's list of strings, which its parser holds in memory as a whole.
    pub strings_max_bytes: u64,
    /// Rows of one sheet, captions not counted; also entries of an LDIF.
    pub rows_max: u32,
    /// Columns of one sheet.
    pub columns_max: u32,
    /// Characters of one value.
    pub cell_max_chars: usize,
}

impl Limits {
    /// For files named by the operator on the appliance itself.
    pub const FILE: Self = Self {
        input_max_bytes: 256 << 20,
        unpacked_max_bytes: 2 << 30,
        strings_max_bytes: 256 << 20,
        rows_max: 1_000_000,
        columns_max: 200,
        cell_max_chars: 4_096,
    };

    /// For small tables that come over the network: ten megabytes, a hundred unpacked.
    pub const UPLOAD: Self = Self { input_max_bytes: 10 << 20, unpacked_max_bytes: 100 << 20, ..Self::FILE };

    /// For directories that come over the network: as large as the server takes bodies; a million people unpack to
    /// less.
    pub const DIRECTORY_UPLOAD: Self =
        Self { unpacked_max_bytes: 512 << 20, strings_max_bytes: 128 << 20, ..Self::FILE };
}
