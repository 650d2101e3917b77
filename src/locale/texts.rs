//! The form of a locale file: `name = "中文", "English";`, with arguments where the text has holes:
//! `rows(count) = "{count} 行", "{count} rows";`. Each becomes a method of [`T`](super::T).

macro_rules! texts {
    ($($name:ident $(($($arg:ident),+ $(,)?))? = $zh:literal, $en:literal;)*) => {
        impl $crate::locale::T {
            $(texts!(@one $name ($($($arg)+)?) $zh $en);)*
        }
    };
    (@one $name:ident () $zh:literal $en:literal) => {
        #[doc = "A text in the reader's language."]
        pub fn $name(self) -> &'static str {
            self.lang.pick($zh, $en)
        }
    };
    (@one $name:ident ($($arg:ident)+) $zh:literal $en:literal) => {
        #[doc = "A text in the reader's language."]
        pub fn $name(self, $($arg: impl std::fmt::Display),+) -> String {
            match self.lang {
                $crate::locale::Lang::Zh => format!($zh),
                $crate::locale::Lang::En => format!($en),
            }
        }
    };
}
