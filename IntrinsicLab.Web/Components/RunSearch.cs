using IntrinsicLab.Data;

namespace IntrinsicLab.Web.Components;

/// <summary>The filter bar's text: words, and pairs such as <c>status:running</c>, each of which is also a chip.</summary>
public sealed record RunSearch(IReadOnlyList<(string Key, string Value)> Pairs, string Text)
{
    private static readonly string[] Keys = ["status", "algorithm", "environment", "tag", "experiment"];

    public static RunSearch Read(string? text)
    {
        var pairs = new List<(string, string)>();
        var words = new List<string>();
        foreach (var word in (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            if (word.IndexOf(':') is var colon and > 0 && Keys.Contains(word[..colon].ToLowerInvariant()) && colon < word.Length - 1)
                pairs.Add((word[..colon].ToLowerInvariant(), word[(colon + 1)..]));
            else
                words.Add(word);
        return new(pairs, string.Join(' ', words));
    }

    public bool Has(string key, string value) => Pairs.Contains((key, value));

    public RunSearch Toggle(string key, string value) => Has(key, value)
        ? this with { Pairs = [.. Pairs.Where(pair => pair != (key, value))] }
        : this with { Pairs = [.. Pairs, (key, value)] };

    public override string ToString() => string.Join(' ', [.. Pairs.Select(pair => $"{pair.Key}:{pair.Value}"), .. Text.Length > 0 ? [Text] : Array.Empty<string>()]);

    public RunFilter Filter => new()
    {
        Statuses = [.. Of("status").SelectMany(word => Enum.TryParse<RunStatus>(word, true, out var status) ? [status] : Array.Empty<RunStatus>())],
        Algorithms = [.. Of("algorithm")],
        Environments = [.. Of("environment")],
        Tags = [.. Of("tag")],
        ExperimentId = Of("experiment").Select(word => Guid.TryParse(word, out var id) ? id : (Guid?)null).FirstOrDefault(),
        Text = Text,
    };

    private IEnumerable<string> Of(string key) => Pairs.Where(pair => pair.Key == key).Select(pair => pair.Value);
}
