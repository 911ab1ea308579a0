package dev.ambit.control.l7.report;

import dev.ambit.control.l7.Finding;
import dev.ambit.control.resource.Problem;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// One line of a report: a finding, or a problem with reading.
///
/// @param file relative to the directory, and `line`, counted from 1
/// @param resource `Kind namespace/name`, empty when a file as a whole is meant
public record Entry(
        Finding.Level level,
        String code,
        String file,
        int line,
        String resource,
        String field,
        String message,
        String fix)
        implements Comparable<Entry> {
    private static final String NOT_ACCEPTED = "not-accepted";
    private static final String NO_EFFECT = "no-effect";

    /// It was found when reading files.
    public boolean ofReading() {
        return code.equals(NOT_ACCEPTED) || code.equals(NO_EFFECT);
    }

    /// Worst first, then by place.
    @Override
    public int compareTo(Entry other) {
        return Comparator.comparing(Entry::level)
                .thenComparing(Entry::file)
                .thenComparingInt(Entry::line)
                .thenComparing(Entry::resource)
                .thenComparing(Entry::field)
                .thenComparing(Entry::code)
                .thenComparing(Entry::message)
                .thenComparing(Entry::fix)
                .compare(this, other);
    }

    static Entry of(Finding finding) {
        var origin = finding.meta().origin();
        return new Entry(
                finding.level(),
                finding.code(),
                origin.file(),
                origin.line(),
                finding.resource().toString(),
                finding.field(),
                finding.message(),
                finding.fix());
    }

    static Entry of(Problem problem) {
        boolean error = problem.severity() == Problem.Severity.ERROR;
        return new Entry(
                error ? Finding.Level.ERROR : Finding.Level.INFO,
                error ? NOT_ACCEPTED : NO_EFFECT,
                problem.origin().file(),
                problem.origin().line(),
                problem.resource(),
                problem.field(),
                problem.message(),
                "");
    }

    public Map<String, Object> tree() {
        var tree = new LinkedHashMap<String, Object>();
        tree.put("level", level.name().toLowerCase(Locale.ROOT));
        tree.put("code", code);
        tree.put("file", file);
        tree.put("line", line);
        tree.put("resource", resource);
        tree.put("field", field);
        tree.put("message", message);
        tree.put("fix", fix);
        return tree;
    }

    /// Where, and what: one line for the log.
    public String summary() {
        return place() + ": " + message;
    }

    private String place() {
        var text = new StringBuilder(file).append(':').append(line);
        if (!resource.isEmpty()) {
            text.append(": ").append(resource);
        }
        if (!field.isEmpty()) {
            text.append(": ").append(field);
        }
        return text.toString();
    }

    /// For people: where, what, and what to do.
    public String text() {
        var text = new StringBuilder(level.name().toLowerCase(Locale.ROOT));
        text.append(' ').append(code).append(": ").append(place());
        text.append("\n    ").append(message).append('\n');
        if (!fix.isEmpty()) {
            text.append("    fix: ").append(fix).append('\n');
        }
        return text.toString();
    }
}
