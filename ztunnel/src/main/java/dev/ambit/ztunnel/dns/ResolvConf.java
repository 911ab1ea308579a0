package dev.ambit.ztunnel.dns;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xbill.DNS.Name;

/// What a `resolv.conf` says (resolv.conf(5)); lines that make no sense are left out, as libraries
/// do. `ndots` and the like are the client's business.
///
/// @param nameservers in their order, at most [#MOST_NAMESERVERS]
/// @param search the domains of the last `search` or `domain` line, at most [#MOST_SEARCH]
/// @param timeout for one try
/// @param attempts rounds through the name servers
record ResolvConf(
        List<InetAddress> nameservers,
        List<Name> search,
        Optional<Duration> timeout,
        Optional<Integer> attempts) {
    static final int MOST_NAMESERVERS = 3;

    /// Kubernetes' own limit for a pod.
    static final int MOST_SEARCH = 32;

    /// glibc's caps.
    private static final int MOST_TIMEOUT_SECONDS = 30;

    private static final int MOST_ATTEMPTS = 5;

    ResolvConf {
        nameservers = List.copyOf(nameservers);
        search = List.copyOf(search);
    }

    static ResolvConf parse(String text) {
        var nameservers = new ArrayList<InetAddress>();
        List<Name> search = List.of();
        Optional<Duration> timeout = Optional.empty();
        Optional<Integer> attempts = Optional.empty();
        for (var line : text.lines().toList()) {
            var words = line.strip().split("\\s+");
            switch (words[0]) {
                case "nameserver" -> {
                    if (words.length > 1 && nameservers.size() < MOST_NAMESERVERS) {
                        address(words[1]).ifPresent(nameservers::add);
                    }
                }
                case "search", "domain" -> search = domains(words);
                case "options" -> {
                    timeout =
                            option(words, "timeout", MOST_TIMEOUT_SECONDS)
                                    .map(Duration::ofSeconds)
                                    .or(() -> Optional.empty());
                    attempts = option(words, "attempts", MOST_ATTEMPTS);
                }
                default -> {
                    // A comment, or a setting that does not concern us.
                }
            }
        }
        return new ResolvConf(nameservers, search, timeout, attempts);
    }

    /// An address with a zone (`fe80::1%eth0`) is left out: it means nothing elsewhere.
    private static Optional<InetAddress> address(String text) {
        try {
            return text.contains("%") ? Optional.empty() : Optional.of(InetAddress.ofLiteral(text));
        } catch (IllegalArgumentException noAddress) {
            return Optional.empty();
        }
    }

    private static List<Name> domains(String[] words) {
        var all = new ArrayList<Name>();
        for (int i = 1; i < words.length && all.size() < MOST_SEARCH; i++) {
            KubeNames.absolute(words[i])
                    .filter(name -> !name.equals(Name.root))
                    .ifPresent(all::add);
        }
        return all;
    }

    private static Optional<Integer> option(String[] words, String name, int most) {
        for (var word : words) {
            if (word.matches(name + ":[0-9]{1,6}")) {
                int value = Integer.parseInt(word.substring(name.length() + 1));
                return Optional.of(Math.clamp(value, 1, most));
            }
        }
        return Optional.empty();
    }
}
