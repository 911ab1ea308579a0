package dev.ambit.e2e.scenario;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.TestWatcher;

/// Prints how the scenarios ended for each pair of ztunnels, when there is more than one.
final class MatrixTable implements TestWatcher {
    private static final Namespace HERE = Namespace.create(MatrixTable.class);

    @Override
    public void testSuccessful(ExtensionContext context) {
        count(context).ok++;
    }

    @Override
    public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
        count(context).failed++;
    }

    @Override
    public void testAborted(ExtensionContext context, @Nullable Throwable cause) {
        count(context).skipped++;
    }

    @Override
    public void testDisabled(ExtensionContext context, Optional<String> reason) {
        count(context).skipped++;
    }

    private static Count count(ExtensionContext context) {
        var invocation = context;
        while (invocation.getTestMethod().isPresent()) {
            invocation = invocation.getParent().orElseThrow();
        }
        var pair = invocation.getDisplayName();
        return context.getRoot()
                .getStore(HERE)
                .computeIfAbsent(Table.class, key -> new Table(), Table.class)
                .of(context.getRequiredTestClass().getSimpleName(), pair);
    }

    private static final class Count {
        private int ok;
        private int failed;
        private int skipped;

        @Override
        public String toString() {
            return ok + " ok, " + failed + " failed, " + skipped + " skipped";
        }
    }

    /// Closed with the whole run.
    private static final class Table implements AutoCloseable {
        private final Map<String, Map<String, Count>> byPair = new LinkedHashMap<>();

        Count of(String scenario, String pair) {
            return byPair.computeIfAbsent(pair, p -> new TreeMap<>())
                    .computeIfAbsent(scenario, s -> new Count());
        }

        @Override
        public void close() {
            if (byPair.size() < 2) {
                return;
            }
            var text =
                    new StringBuilder(
                            "\n| node-1 and node-2 | scenario | result |\n| --- | --- | --- |\n");
            byPair.forEach((pair, counts) ->
                    counts.forEach((scenario, count) ->
                            text.append("| %s | %s | %s |%n".formatted(pair, scenario, count))));
            System.out.println(text);
        }
    }
}
