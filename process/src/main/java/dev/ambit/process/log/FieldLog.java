package dev.ambit.process.log;

import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/// A logger for messages with fields. SLF4J's own key-value calls are lost in its java.util.logging
/// backend, so fields go there directly; everything else may log through SLF4J.
///
/// Values: strings are quoted, everything else is printed as it is. A field whose value is null is
/// left out.
public final class FieldLog {
    private final Logger logger;

    private FieldLog(Logger logger) {
        this.logger = logger;
    }

    public static FieldLog of(Class<?> owner) {
        return new FieldLog(Logger.getLogger(owner.getName()));
    }

    public static FieldLog of(String name) {
        return new FieldLog(Logger.getLogger(name));
    }

    /// @param fields key, value, key, value ...
    public void error(String message, @Nullable Object... fields) {
        log(Level.SEVERE, message, fields);
    }

    public void warn(String message, @Nullable Object... fields) {
        log(Level.WARNING, message, fields);
    }

    public void info(String message, @Nullable Object... fields) {
        log(Level.INFO, message, fields);
    }

    public void debug(String message, @Nullable Object... fields) {
        log(Level.FINE, message, fields);
    }

    public boolean isDebugEnabled() {
        return logger.isLoggable(Level.FINE);
    }

    public boolean isInfoEnabled() {
        return logger.isLoggable(Level.INFO);
    }

    public boolean isErrorEnabled() {
        return logger.isLoggable(Level.SEVERE);
    }

    private void log(Level level, String message, @Nullable Object[] fields) {
        if (!logger.isLoggable(level)) {
            return;
        }
        if (fields.length % 2 != 0) {
            throw new IllegalArgumentException(
                    "log fields of '" + message + "': " + fields.length + " (expected: pairs)");
        }
        var entry = new Entry(level, message, fields);
        entry.setLoggerName(logger.getName());
        logger.log(entry);
    }

    /// What the handler recognises.
    public static final class Entry extends LogRecord {
        private static final long serialVersionUID = 1L;
        private final transient @Nullable Object[] fields;

        Entry(Level level, String message, @Nullable Object[] fields) {
            super(level, message);
            this.fields = fields;
        }

        public @Nullable Object[] fields() {
            return fields;
        }
    }
}
