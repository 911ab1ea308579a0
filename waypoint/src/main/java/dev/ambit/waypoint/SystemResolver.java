package dev.ambit.waypoint;

import dev.ambit.waypoint.upstream.Discovery;
import dev.ambit.waypoint.upstream.Resolver;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Names as the pod itself resolves them: its search domains, `ndots` and hosts file count. The
/// system says no lifetimes.
final class SystemResolver implements Resolver {
    @Override
    public Answer resolve(String name, Discovery.Family family) {
        List<InetAddress> all;
        try {
            all = Arrays.asList(InetAddress.getAllByName(name));
        } catch (UnknownHostException unknown) {
            return new Answer.Failed(String.valueOf(unknown.getMessage()));
        }
        var chosen = chosen(all, family);
        return chosen.isEmpty()
                ? new Answer.None()
                : new Answer.Addresses(chosen, Duration.ZERO);
    }

    static List<InetAddress> chosen(List<InetAddress> all, Discovery.Family family) {
        var v4 = new ArrayList<InetAddress>();
        var v6 = new ArrayList<InetAddress>();
        for (var address : all) {
            switch (address) {
                case Inet4Address four -> v4.add(four);
                case Inet6Address six -> v6.add(six);
                default -> throw new IllegalStateException("an address of no family: " + address);
            }
        }
        return switch (family) {
            case V4_ONLY -> v4;
            case V6_ONLY -> v6;
            case AUTO -> v6.isEmpty() ? v4 : v6;
            case V4_PREFERRED -> v4.isEmpty() ? v6 : v4;
            case ALL -> {
                var both = new ArrayList<>(v6);
                both.addAll(v4);
                yield both;
            }
        };
    }
}
