package dev.ambit.control.resource.route;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// Which requests a rule is for: all of its parts must match.
///
/// @param name appended to the rule's
/// @param without headers of which none may match
/// @param port of the service; 0: any
/// @param sourceNamespace compared with the waypoint's own; empty: any
/// @param gateways `mesh` means proxies; empty: those of the VirtualService
public record HttpMatch(
        String name,
        Optional<TextMatch> uri,
        Optional<TextMatch> scheme,
        Optional<TextMatch> method,
        Optional<TextMatch> authority,
        SortedMap<String, TextMatch> headers,
        SortedMap<String, TextMatch> without,
        SortedMap<String, TextMatch> query,
        boolean ignoreUriCase,
        int port,
        Map<String, String> sourceLabels,
        String sourceNamespace,
        List<String> gateways,
        String statPrefix) {

    public HttpMatch {
        headers = Collections.unmodifiableSortedMap(new TreeMap<>(headers));
        without = Collections.unmodifiableSortedMap(new TreeMap<>(without));
        query = Collections.unmodifiableSortedMap(new TreeMap<>(query));
        sourceLabels = Map.copyOf(sourceLabels);
        gateways = List.copyOf(gateways);
    }

    /// Every request.
    public static HttpMatch any() {
        return of(Optional.empty(), Optional.empty(), new TreeMap<>(), new TreeMap<>());
    }

    public static HttpMatch of(
            Optional<TextMatch> uri,
            Optional<TextMatch> method,
            SortedMap<String, TextMatch> headers,
            SortedMap<String, TextMatch> query) {
        return new HttpMatch(
                "",
                uri,
                Optional.empty(),
                method,
                Optional.empty(),
                headers,
                new TreeMap<>(),
                query,
                false,
                0,
                Map.of(),
                "",
                List.of(),
                "");
    }

    public HttpMatch withPort(int other) {
        return new HttpMatch(
                name,
                uri,
                scheme,
                method,
                authority,
                headers,
                without,
                query,
                ignoreUriCase,
                other,
                sourceLabels,
                sourceNamespace,
                gateways,
                statPrefix);
    }
}
