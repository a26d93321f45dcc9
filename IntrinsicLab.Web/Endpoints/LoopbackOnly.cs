using System.Net;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>There are no users and keys yet, so whoever reaches the lab may use it: only this machine may reach it.</summary>
public static class LoopbackOnly
{
    /// <summary>One line that says which address is refused; null when all are loopback.</summary>
    public static string? WhyRefused(IConfiguration configuration)
    {
        var addresses = (configuration["urls"] ?? "")
            .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToList();
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren();
        addresses.AddRange(endpoints.Select(endpoint => endpoint["Url"]).OfType<string>());
        if (addresses.Count == 0 && (configuration["http_ports"] ?? configuration["https_ports"]) is { Length: > 0 } ports)
            addresses.Add($"http://*:{ports}");
        var refused = addresses.Find(address => !IsLoopback(address));
        return refused is null
            ? null
            : $"The lab does not listen on {refused}: it has no users or keys yet, so only this machine may reach it. "
                + "Use http://127.0.0.1:5080.";
    }

    private static bool IsLoopback(string address)
    {
        if (address.StartsWith("http://unix:", StringComparison.OrdinalIgnoreCase))
            return true;
        var host = Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri.Host.Trim('[', ']') : "";
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip));
    }
}
