package dev.ambit.process.log;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/// One record as one line, in the reference's two forms.
public final class LineFormat {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
    private static final String PACKAGE = "dev.ambit.";
    private static final Object[] NONE = {};

    private final LogFormat format;

    public LineFormat(LogFormat format) {
        this.format = format;
    }

    public String line(LogRecord record) {
        var fields = record instanceof FieldLog.Entry entry ? entry.fields() : NONE;
        var message = message(record);
        return switch (format) {
            case PLAIN -> plain(record, message, fields);
            case JSON -> json(record, message, fields);
        };
    }

    private static String message(LogRecord record) {
        var message = String.valueOf(record.getMessage());
        var parameters = record.getParameters();
        if (parameters != null && parameters.length > 0 && message.contains("{0")) {
            message = formatted(message, parameters);
        }
        var thrown = record.getThrown();
        if (thrown == null) {
            return message;
        }
        var out = new java.io.StringWriter();
        thrown.printStackTrace(new java.io.PrintWriter(out));
        return message + ": " + out.toString().strip().replace("\n", "; ").replace("\t", "");
    }

    /// Libraries' patterns are not all valid; such a one is printed as it is.
    private static String formatted(String pattern, Object[] parameters) {
        try {
            return java.text.MessageFormat.format(pattern, parameters);
        } catch (IllegalArgumentException invalid) {
            return pattern;
        }
    }

    private static String plain(LogRecord record, String message, @Nullable Object[] fields) {
        var line = new StringBuilder(256);
        line.append(TIME.format(record.getInstant())).append('\t');
        line.append(level(record.getLevel())).append('\t');
        line.append(scope(record.getLoggerName())).append('\t');
        line.append(message).append('\t');
        boolean first = true;
        for (int i = 0; i < fields.length; i += 2) {
            var value = fields[i + 1];
            if (value == null) {
                continue;
            }
            if (!first) {
                line.append(' ');
            }
            first = false;
            line.append(fields[i]).append('=');
            if (value instanceof String text) {
                quote(line, text);
            } else {
                line.append(value);
            }
        }
        return line.append('\n').toString();
    }

    private static void quote(StringBuilder line, String text) {
        line.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> line.append("\\\"");
                case '\\' -> line.append("\\\\");
                case '\n' -> line.append("\\n");
                case '\r' -> line.append("\\r");
                case '\t' -> line.append("\\t");
                case '\0' -> line.append("\\0");
                default -> {
                    // Else a stranger's text could steer the terminal of whoever reads the log.
                    if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029') {
                        line.append("\\u{").append(Integer.toHexString(c)).append('}');
                    } else {
                        line.append(c);
                    }
                }
            }
        }
        line.append('"');
    }

    private static String json(LogRecord record, String message, @Nullable Object[] fields) {
        var line = new StringBuilder(384);
        line.append("{\"level\":\"").append(level(record.getLevel()));
        line.append("\",\"time\":\"").append(TIME.format(record.getInstant()));
        line.append("\",\"scope\":");
        text(line, scope(record.getLoggerName()));
        line.append(",\"message\":");
        text(line, message);
        for (int i = 0; i < fields.length; i += 2) {
            var value = fields[i + 1];
            if (value == null) {
                continue;
            }
            line.append(',');
            text(line, String.valueOf(fields[i]));
            line.append(':');
            if (value instanceof Number || value instanceof Boolean) {
                line.append(value);
            } else {
                text(line, value.toString());
            }
        }
        return line.append("}\n").toString();
    }

    private static void text(StringBuilder line, String text) {
        line.append('"').append(JsonStringEncoder.getInstance().quoteAsString(text)).append('"');
    }

    static String level(Level level) {
        int value = level.intValue();
        if (value >= Level.SEVERE.intValue()) {
            return "error";
        }
        if (value >= Level.WARNING.intValue()) {
            return "warn";
        }
        if (value >= Level.INFO.intValue()) {
            return "info";
        }
        return value >= Level.FINE.intValue() ? "debug" : "trace";
    }

    /// `dev.ambit.mesh.xds.WdsClient` becomes `mesh::xds::WdsClient`; a name without a package,
    /// such as `access`, stays.
    static String scope(@Nullable String logger) {
        if (logger == null) {
            return "";
        }
        var name = logger.startsWith(PACKAGE) ? logger.substring(PACKAGE.length()) : logger;
        return name.replace(".", "::");
    }
}
