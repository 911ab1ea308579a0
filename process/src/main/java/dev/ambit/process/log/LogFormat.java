package dev.ambit.process.log;

/// How lines look: setting `LOG_FORMAT`.
public enum LogFormat {
    /// `<time>\t<level>\t<scope>\t<message>\t<key=value ...>`
    PLAIN,
    /// One object per line.
    JSON;

    /// Anything but `json` means plain, as in the reference.
    public static LogFormat of(String setting) {
        return setting.equals("json") ? JSON : PLAIN;
    }
}
