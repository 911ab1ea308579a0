package dev.ambit.control.l7.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.resource.DirectorySource;
import dev.ambit.control.resource.Resource;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.YamlLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusBookTest {
    private static final Instant MORNING = Instant.parse("2026-01-01T08:00:00.123Z");
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    @TempDir private Path directory = Path.of(".");

    @Test
    void next_firstTime_generationOneAndNow() throws IOException {
        var input = read("", "80");
        var book = StatusBook.empty().next(input, List.of(yes(input)), MORNING);

        assertThat(condition(book))
                .containsEntry("observedGeneration", 1L)
                .containsEntry("lastTransitionTime", "2026-01-01T08:00:00Z")
                .containsEntry("status", "True");
        assertThat(book.entries().getFirst())
                .containsEntry("apiVersion", "v1")
                .containsEntry("kind", "Service")
                .containsEntry("metadata", Map.of("name", "web", "namespace", "shop"));
    }

    @Test
    void next_specChanges_generationCountedUp() throws IOException {
        var book = next(StatusBook.empty(), "", "80", MORNING);
        book = next(book, "", "81", NOON);
        assertThat(condition(book))
                .containsEntry("observedGeneration", 2L)
                // It was true before.
                .containsEntry("lastTransitionTime", "2026-01-01T08:00:00Z");

        book = next(book, "labels: {a: b}", "81", NOON);

        assertThat(condition(book)).containsEntry("observedGeneration", 2L);
    }

    @Test
    void next_generationWritten_taken() throws IOException {
        var book = next(StatusBook.empty(), "generation: 7", "80", MORNING);

        assertThat(condition(book)).containsEntry("observedGeneration", 7L);
    }

    @Test
    void next_conditionTurns_newTime() throws IOException {
        var input = read("", "80");
        var book = StatusBook.empty().next(input, List.of(yes(input)), MORNING);
        var no =
                ResourceStatus.of(
                        input.resources().getFirst(), List.of(Condition.no("Ready", "No", "no")));

        book = book.next(input, List.of(no), NOON);

        assertThat(condition(book))
                .containsEntry("status", "False")
                .containsEntry("lastTransitionTime", "2026-01-01T12:00:00Z");
    }

    @Test
    void next_resourceRemovedAndMadeAgain_countedAnew() throws IOException {
        var book = next(StatusBook.empty(), "", "80", MORNING);
        book = next(book, "", "81", MORNING);
        book = book.next(ResourceSet.empty(), List.of(), NOON);
        assertThat(book.entries()).isEmpty();

        book = next(book, "", "81", NOON);

        assertThat(condition(book))
                .containsEntry("observedGeneration", 1L)
                .containsEntry("lastTransitionTime", "2026-01-01T12:00:00Z");
    }

    /// What a parentRef leaves out stays out: a client compares it with what it wrote.
    @Test
    void tree_parents_referenceAsWritten() throws IOException {
        var route = read("", "80").resources().getFirst();
        var reference = new LinkedHashMap<String, Object>();
        reference.put("name", "cart");
        reference.put("kind", "Service");
        var status =
                ResourceStatus.ofRoute(
                        route,
                        List.of(
                                ParentStatus.of(
                                        reference,
                                        List.of(Condition.yes("Accepted", "Accepted", "")))));

        var book = StatusBook.empty().next(read("", "80"), List.of(status), MORNING);

        assertThat(Output.yaml(book.entries().getFirst()))
                .isEqualTo(
                        """
                        apiVersion: v1
                        kind: Service
                        metadata:
                          name: web
                          namespace: shop
                        status:
                          parents:
                          - conditions:
                            - type: Accepted
                              status: "True"
                              reason: Accepted
                              message: ""
                              observedGeneration: 1
                              lastTransitionTime: "2026-01-01T08:00:00Z"
                            controllerName: istio.io/gateway-controller
                            parentRef:
                              name: cart
                              kind: Service
                        """);
    }

    private StatusBook next(StatusBook book, String metadata, String port, Instant now)
            throws IOException {
        var input = read(metadata, port);
        return book.next(input, List.of(yes(input)), now);
    }

    private static ResourceStatus yes(ResourceSet input) {
        Resource resource = input.resources().getFirst();
        return ResourceStatus.of(resource, List.of(Condition.yes("Ready", "Yes", "yes")));
    }

    private static Map<?, ?> tree(@Nullable Object value) {
        return (Map<?, ?>) Objects.requireNonNull(value);
    }

    private static Map<Object, Object> condition(StatusBook book) {
        var status = tree(book.entries().getFirst().get("status"));
        var conditions = (List<?>) Objects.requireNonNull(status.get("conditions"));
        return new LinkedHashMap<>(tree(conditions.getFirst()));
    }

    private ResourceSet read(String metadata, String port) throws IOException {
        Files.writeString(
                directory.resolve("mesh.yaml"),
                """
                apiVersion: v1
                kind: Service
                metadata:
                  name: web
                  namespace: shop
                  %s
                spec:
                  ports: [{port: %s}]
                """
                        .formatted(metadata, port));
        return DirectorySource.readOnce(directory, new YamlLimits(10_000, 10, 10, 20), 10);
    }
}
