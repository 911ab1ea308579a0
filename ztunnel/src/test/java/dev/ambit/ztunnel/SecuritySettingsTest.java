package dev.ambit.ztunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.mesh.policy.UnknownPolicy;
import dev.ambit.process.ConfigFault;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SecuritySettingsTest {
    @Test
    void defaults_denyWhatIsUnknown() {
        assertThat(SecuritySettings.from(Map.of()))
                .isEqualTo(
                        new SecuritySettings(
                                UnknownPolicy.DENY, false, Optional.empty(), false, false));
    }

    @Test
    void everythingSet() {
        var settings =
                SecuritySettings.from(
                        Map.of(
                                "AMBIT_UNKNOWN_POLICY", "ignore",
                                "AUTHZ_POLICY_INFO_LOGGING", "true",
                                "CRL_PATH", "/etc/crl/ca-crl.pem",
                                "TLS12_ENABLED", "true",
                                "COMPLIANCE_POLICY", "pqc"));

        assertThat(settings)
                .isEqualTo(
                        new SecuritySettings(
                                UnknownPolicy.IGNORE,
                                true,
                                Optional.of(Path.of("/etc/crl/ca-crl.pem")),
                                true,
                                true));
    }

    @ParameterizedTest
    @CsvSource({"AUTHZ_POLICY_INFO_LOGGING,yes", "TLS12_ENABLED,1", "CRL_PATH,''"})
    void whatIsNotTrue_isOff(String name, String value) {
        assertThat(SecuritySettings.from(Map.of(name, value)))
                .isEqualTo(SecuritySettings.from(Map.of()));
    }

    @ParameterizedTest
    @CsvSource({"AMBIT_UNKNOWN_POLICY,allow,deny or ignore", "COMPLIANCE_POLICY,fips-140-2,pqc"})
    void badValue_saysWhatWasExpected(String name, String value, String expected) {
        assertThatThrownBy(() -> SecuritySettings.from(Map.of(name, value)))
                .isInstanceOf(ConfigFault.class)
                .hasMessageContaining(name)
                .hasMessageContaining("'" + value + "'")
                .hasMessageContaining(expected);
    }
}
