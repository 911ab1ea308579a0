package dev.ambit.e2e.redirect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The rules' text against files that a person can read and judge: a change shows as a difference.
class NftTextTest {
    static final Map<String, RedirectRules> GOLDEN =
            Map.of(
                    "standard",
                    RedirectRules.standard(true),
                    "ipv4-only",
                    RedirectRules.standard(false),
                    "dns",
                    RedirectRules.standard(true).withDns(),
                    "gateway",
                    new RedirectRules(Names.AMBIT, true, false, false, List.of(), false),
                    "spare-open-connections",
                    new RedirectRules(Names.AMBIT, true, false, true, List.of(), true),
                    "istio-names-nested-guest",
                    new RedirectRules(Names.ISTIO, true, true, true, List.of("tap0"), false));

    static List<String> names() {
        return GOLDEN.keySet().stream().sorted().toList();
    }

    @ParameterizedTest
    @MethodSource("names")
    void apply_eachVariant_isTheGoldenFile(String name) {
        assertThat(NftText.apply(golden(name))).isEqualTo(read(name));
    }

    @Test
    void marker_otherRules_differs() {
        assertThat(NftText.marker(golden("standard")))
                .isEqualTo(NftText.marker(RedirectRules.standard(true)))
                .isNotEqualTo(NftText.marker(golden("dns")))
                .startsWith("v1-");
    }

    @Test
    void names_withShellOrNftSyntax_areRefused() {
        assertThatThrownBy(() -> new Names("a; flush ruleset", "b"))
                .hasMessageContaining("a; flush ruleset");
        var interfaces = List.of("eth0\" accept");
        assertThatThrownBy(() -> new RedirectRules(Names.AMBIT, true, true, true, interfaces, true))
                .hasMessageContaining("interface name");
    }

    static RedirectRules golden(String name) {
        return Objects.requireNonNull(GOLDEN.get(name), name);
    }

    private static String read(String name) {
        try (var file = NftTextTest.class.getResourceAsStream("/redirect/" + name + ".nft")) {
            return file == null
                    ? "(no golden file " + name + ".nft)"
                    : new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
