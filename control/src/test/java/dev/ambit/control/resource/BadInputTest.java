package dev.ambit.control.resource;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.Yaml;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Each bad file gets a report with file, line, field and cause, and nothing accepted is lost.
class BadInputTest {
    private static final YamlLimits LIMITS = new YamlLimits(100_000, 20, 5, 12, 100);
    private static final String FILE = "mesh.yaml";
    private static final String POLICY =
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata: {name: p, namespace: shop}
            spec:
            """;
    private static final String PEER =
            """
            apiVersion: security.istio.io/v1
            kind: PeerAuthentication
            metadata: {name: p, namespace: shop}
            spec:
            """;

    /// What is wrong with the whole file: name, text, line, part of the message.
    static List<Arguments> broken() {
        return List.of(
                Arguments.of("unclosed flow", "a: [1, 2\nb: 3\n", 2, "not YAML"),
                Arguments.of("tab", "kind: Pod\n\tmetadata: x\n", 2, "not YAML"),
                Arguments.of("scalar", "just a text\n", 1, "expected: a mapping"),
                Arguments.of("list", "- a\n", 1, "expected: a mapping"),
                Arguments.of("no kind", "apiVersion: v1\nmetadata: {name: a}\n", 1, "missing"),
                Arguments.of("no name", "apiVersion: v1\nkind: Pod\nmetadata: {}\n", 3, "missing"),
                Arguments.of(
                        "kind twice",
                        "apiVersion: v1\nkind: Pod\nkind: Pod\nmetadata: {name: a}\n",
                        3,
                        "key appears twice"),
                Arguments.of("deep", "a: " + "[".repeat(50) + "]".repeat(50), 1, "nested deeper"),
                Arguments.of("deep and open", "a: " + "[".repeat(40_000), 1, "nested deeper"),
                Arguments.of("many", "a: 1\n---\n".repeat(30), 0, "more than 20 documents"),
                Arguments.of("bomb", bomb(), 0, "aliases"),
                Arguments.of("doubling", doubling(), 1, "more than 100 values"),
                Arguments.of("endless", "a: &a [1, *a]\n", 1, "contains itself"),
                Arguments.of("unknown alias", "a: *nobody\n", 1, "undefined alias"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("broken")
    void read_brokenFile_reportedAndLastGoodStateStays(
            String name, String text, int line, String cause) {
        var before = DirectoryState.empty().with(FILE, read(Yaml.deny("old", "web")));

        var after = before.with(FILE, read(text)).assemble();

        assertThat(after.problems()).hasSize(1);
        var problem = after.problems().getFirst();
        assertThat(problem.origin()).isEqualTo(new Origin(FILE, line));
        assertThat(problem.message()).contains(cause).contains("last good state");
        assertThat(after.resources()).isEqualTo(before.assemble().resources());
    }

    /// What is wrong with one resource: name, text, line, field, part of the message.
    static List<Arguments> refused() {
        return List.of(
                policy(
                        "unknown field",
                        "  rulez: []\n",
                        5,
                        "rulez",
                        "unknown field (expected: one"),
                policy(
                        "unknown source field",
                        "  rules: [{from: [{source: {principal: [a]}}]}]\n",
                        5,
                        "spec.rules[0].from[0].source.principal",
                        "notPrincipals"),
                policy("wrong type", "  rules: {from: []}\n", 5, "spec.rules", "expected: a list"),
                policy(
                        "wrong enum",
                        "  action: ALOW\n",
                        5,
                        "spec.action",
                        "'ALOW' (expected: one of"),
                policy(
                        "number for text",
                        "  rules: [{to: [{operation: {ports: [8080]}}]}]\n",
                        5,
                        "spec.rules[0].to[0].operation.ports[0]",
                        "in quotes"),
                policy(
                        "bad port",
                        "  rules: [{to: [{operation: {ports: ['80800']}}]}]\n",
                        5,
                        "spec.rules[0].to[0].operation.ports",
                        "'80800' (expected: a port"),
                policy(
                        "bad range",
                        "  rules: [{from: [{source: {ipBlocks: [10.0.0.0/33]}}]}]\n",
                        5,
                        "spec.rules[0].from[0].source.ipBlocks",
                        "'10.0.0.0/33'"),
                policy(
                        "bad condition",
                        "  rules:\n  - when: [{key: source.port, values: ['1']}]\n",
                        6,
                        "spec.rules[0].when[0].key",
                        "'source.port' (expected: one of"),
                policy("deny without rules", "  action: DENY\n", 5, "spec.rules", "missing"),
                policy(
                        "key twice",
                        "  action: ALLOW\n  action: DENY\n",
                        6,
                        "action",
                        "key appears twice"),
                Arguments.of(
                        "mode", PEER + "  mtls: {mode: STRICKT}\n", 5, "spec.mtls.mode", "STRICT"),
                Arguments.of(
                        "ports without selector",
                        PEER + "  portLevelMtls: {80: {mode: STRICT}}\n",
                        5,
                        "spec.portLevelMtls",
                        "selector"),
                Arguments.of(
                        "service port",
                        "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n"
                                + "spec:\n  ports: [{port: 99999}]\n",
                        5,
                        "spec.ports[0].port",
                        "99999 (expected: a number from 1 to 65535)"),
                Arguments.of(
                        "pod address",
                        "apiVersion: v1\nkind: Pod\nmetadata: {name: s}\nspec: {}\n"
                                + "status: {phase: Running, podIP: 10.0.0.300}\n",
                        5,
                        "status.podIP",
                        "'10.0.0.300' (expected: an IP address)"));
    }

    private static Arguments policy(
            String name, String spec, int line, String field, String message) {
        var path = field.equals("rulez") ? "spec.rulez" : field;
        return Arguments.of(name, POLICY + spec, line, path, message);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void read_badResource_leftOutAloneAndReported(
            String name, String text, int line, String field, String message) {
        var neighbour = Yaml.pod("neighbour", "web", "node-1", "10.1.1.1");

        var state =
                DirectoryState.empty(Unusable.LEAVE_OUT)
                        .with(FILE, read(Yaml.documents(text, neighbour)))
                        .assemble();

        assertThat(state.resources()).extracting(r -> r.meta().name()).containsExactly("neighbour");
        assertThat(state.problems()).hasSize(1);
        var problem = state.problems().getFirst();
        assertThat(problem.origin()).isEqualTo(new Origin(FILE, line));
        assertThat(problem.field()).isEqualTo(field);
        assertThat(problem.message()).contains(message).endsWith("left out");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void read_badResourceThatWasGood_previousVersionStays(
            String name, String text, int line, String field, String message) {
        var kind = text.lines().filter(l -> l.startsWith("kind: ")).findFirst().orElseThrow();
        if (!kind.equals("kind: AuthorizationPolicy")) {
            return;
        }
        var good = DirectoryState.empty().with(FILE, read(Yaml.deny("p", "web")));

        var after = good.with(FILE, read(text)).assemble();

        assertThat(after.resources()).isEqualTo(good.assemble().resources());
        assertThat(after.problems().getFirst().message())
                .endsWith("previous version stays in effect");
    }

    @Test
    void read_mergeKey_fieldsMergedAndOverridden() {
        var text =
                """
                apiVersion: security.istio.io/v1
                kind: PeerAuthentication
                metadata: {name: p, namespace: shop, labels: &l {a: '1', b: '2'}}
                spec: {selector: {matchLabels: {<<: *l, b: '3'}}, mtls: {mode: STRICT}}
                """;

        var state = DirectoryState.empty().with(FILE, read(text)).assemble();

        assertThat(state.all(PeerAuthentication.class).getFirst().selector())
                .contains(Map.of("a", "1", "b", "3"));
    }

    @Property(tries = 500)
    void read_anyText_endsInAnOutcome(@ForAll("texts") String text) {
        assertThat(read(text)).isNotNull();
    }

    @Provide
    Arbitrary<String> texts() {
        var piece =
                Arbitraries.of(
                        "apiVersion: v1\n",
                        "kind: Pod\n",
                        "metadata:\n",
                        "  name: a\n",
                        "- ",
                        "{",
                        "}",
                        "[",
                        "]",
                        ": ",
                        "'",
                        "\"",
                        "&a ",
                        "*a ",
                        "|\n",
                        "---\n",
                        "spec:\n",
                        "  selector: ",
                        "\t",
                        "\u0000",
                        "\ud83d\ude00",
                        "!!int ",
                        "<<: ",
                        "? ",
                        "#");
        return piece.list().ofMaxSize(40).map(l -> String.join("", l));
    }

    private static FileReader.Outcome read(String text) {
        return FileReader.read(FILE, text, LIMITS);
    }

    /// Nine levels of ten aliases each: a billion nodes if it were expanded. Within the number of
    /// aliases: each level few, and more values than the one before.
    private static String doubling() {
        return "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\nb: &b [*a, *a]\nc: [*b, *b, *b]\n";
    }

    private static String bomb() {
        var text = new StringBuilder("a0: &a0 [x]\n");
        for (int i = 1; i < 10; i++) {
            text.append("a").append(i).append(": &a").append(i).append(" [");
            text.append(("*a" + (i - 1) + ", ").repeat(10)).append("]\n");
        }
        return text.toString();
    }
}
