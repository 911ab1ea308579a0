package dev.ambit.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpiffeIdTest {
    @Test
    void id_isReadAndWritten() {
        var id = SpiffeId.parse("spiffe://cluster.local/ns/shop/sa/web");

        assertThat(id).isEqualTo(new SpiffeId("cluster.local", "shop", "web"));
        assertThat(id).hasToString("spiffe://cluster.local/ns/shop/sa/web");
        assertThat(id.principal()).isEqualTo("cluster.local/ns/shop/sa/web");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "spiffe://",
                "cluster.local/ns/shop/sa/web",
                "https://cluster.local/ns/shop/sa/web",
                "SPIFFE://cluster.local/ns/shop/sa/web",
                "spiffe://cluster.local/ns/shop/sa/",
                "spiffe://cluster.local/ns//sa/web",
                "spiffe:///ns/shop/sa/web",
                "spiffe://cluster.local/sa/web/ns/shop",
                "spiffe://cluster.local/ns/shop/sa/web/",
                "spiffe://cluster.local/ns/shop/sa/web/pod/1",
                "spiffe://cluster.local/workload/web",
            })
    void anythingElse_isNone_andIsNamed(String text) {
        assertThat(SpiffeId.tryParse(text)).isEmpty();
        assertThatThrownBy(() -> SpiffeId.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "SPIFFE id: '%s' (expected: spiffe://<trust domain>/ns/<namespace>/sa/<service account>)"
                                .formatted(text));
    }

    /// What is read is written alike: no two texts are the same identity.
    @Tag("fuzz")
    @Property
    void anyText_isTheIdThatItSpells_orNone(
            @ForAll String any,
            @ForAll @Chars({'/', 'n', 's', 'a', '.', ':'}) @StringLength(max = 24) String near) {
        for (var text :
                new String[] {
                    any,
                    near,
                    "spiffe://" + any,
                    "spiffe://" + near,
                    "spiffe://td/ns/" + near + "/sa/" + any,
                    "spiffe://" + any + "/ns/" + near + "/sa/x"
                }) {
            SpiffeId.tryParse(text).ifPresent(id -> assertThat(id.uri()).isEqualTo(text));
        }
    }
}
