package dev.ambit.waypoint.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UriTemplateTest {
    @ParameterizedTest
    @CsvSource({
        "/users/*/orders, /users/7/orders, true",
        "/users/*/orders, /users//orders, false",
        "/users/*/orders, /users/7/8/orders, false",
        "/users/*/orders, /users/7/orders/, false",
        "/files/**, /files/, true",
        "/files/**, /files/a/b.txt, true",
        "/files/**, /files, false",
        "/files/**.js, /files/a/b.js, true",
        "/files/**.js, /files/a/bxjs, false",
        "/a.b, /a.b, true",
        "/a.b, /axb, false",
        "/{id}/x, /9/x, true",
        "/{id=a/*}/x, /a/9/x, true",
        "/{id=a/*}/x, /b/9/x, false",
        "/*, /a=b, true",
        "/*, /a*b, false",
        "/*, /a%2Fb, true",
        "/*/, /a/, true",
    })
    void holds_templateAndPath_asEnvoy(String template, String path, boolean holds) {
        assertThat(UriTemplate.of(template).holds(path)).isEqualTo(holds);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a", "/a*", "/**/*", "/*x/y", "/{1}", "/{a", "/{a}/{a}", "/{a=}", "/a b"})
    void of_noTemplate_refused(String template) {
        assertThatThrownBy(() -> UriTemplate.of(template))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + template + "'");
    }
}
