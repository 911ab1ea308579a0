package dev.ambit.ztunnel.log;

import dev.ambit.process.log.FieldLog;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// What one class logs, as `LEVEL message key=value`.
public final class LogLines extends Handler {
    private final Logger logger;
    private final List<String> texts = new ArrayList<>();

    /// @param least what is heard
    public LogLines(Class<?> owner, Level least) {
        logger = Logger.getLogger(owner.getName());
        logger.setLevel(least);
        logger.addHandler(this);
        setLevel(Level.ALL);
    }

    public List<String> texts() {
        return List.copyOf(texts);
    }

    @Override
    public void publish(LogRecord entry) {
        var text = new StringBuilder(entry.getLevel() + " " + entry.getMessage());
        if (entry instanceof FieldLog.Entry fields) {
            for (int i = 0; i < fields.fields().length; i += 2) {
                text.append(' ')
                        .append(fields.fields()[i])
                        .append('=')
                        .append(fields.fields()[i + 1]);
            }
        }
        texts.add(text.toString());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setLevel(null);
    }
}
