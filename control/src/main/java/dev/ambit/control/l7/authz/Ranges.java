package dev.ambit.control.l7.authz;

import dev.ambit.control.compile.PrefixText;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.resource.Addresses;
import io.envoyproxy.envoy.config.core.v3.CidrRange;
import java.util.Optional;

/// Addresses and CIDR blocks as Envoy has them.
final class Ranges {
    private Ranges() {}

    static Optional<CidrRange> of(String text) {
        return Addresses.range(text)
                .map(r ->
                        CidrRange.newBuilder()
                                .setAddressPrefix(PrefixText.ip(r.address().getAddress()))
                                .setPrefixLen(Protos.uint32(r.prefixLength()))
                                .build());
    }
}
