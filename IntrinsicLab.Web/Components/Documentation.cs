using System.Collections.Concurrent;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Microsoft.AspNetCore.Components;

namespace IntrinsicLab.Web.Components;

/// <summary>Pages written in Markdown: docs/algorithms, docs/notation.md and docs/gymnasium.md, shipped with the application.</summary>
internal static class Documentation
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseAutoIdentifiers().DisableHtml().Build();
    private static readonly ConcurrentDictionary<string, MarkupString?> Known = new();

    /// <summary>The page of an algorithm without its title; null where there is none.</summary>
    public static MarkupString? OfAlgorithm(string id) => Read($"{PageUrls.Algorithms}/{Path.GetFileName(id)}");

    /// <summary>The table of symbols without its title.</summary>
    public static MarkupString? Notation => Read(PageUrls.Notation);

    /// <summary>What published figures say and how far they can be trusted, without the title.</summary>
    public static MarkupString? PublishedFigures => Read("published-figures");

    /// <summary>How environments of one's own Python are used, without the title.</summary>
    public static MarkupString? Gymnasium => Read(PageUrls.Gymnasium);

    // A document's path within docs is its page's address.
    private static MarkupString? Read(string page) => Known.GetOrAdd(page, path =>
    {
        var file = Path.Combine(AppContext.BaseDirectory, "docs", $"{path}.md");
        if (!File.Exists(file))
            return null;
        var lines = File.ReadAllLines(file).SkipWhile(line => line.StartsWith("# ", StringComparison.Ordinal) || line.Length == 0);
        var document = Markdown.Parse(string.Join('\n', lines), Pipeline);
        foreach (var link in document.Descendants<LinkInline>())
            if (link.Url is { } url && url.EndsWith(".md", StringComparison.Ordinal))
                link.Url = new Uri(new Uri($"docs:///{path}"), url[..^3]).AbsolutePath.TrimStart('/');
        // Long lines scroll sideways, which the keyboard must reach too.
        return new MarkupString(document.ToHtml(Pipeline).Replace("<pre>", "<pre tabindex=\"0\">"));
    });
}
