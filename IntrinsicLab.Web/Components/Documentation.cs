using System.Collections.Concurrent;
using Markdig;
using Microsoft.AspNetCore.Components;

namespace IntrinsicLab.Web.Components;

/// <summary>The algorithms' pages, written in Markdown under docs/algorithms and shipped with the application.</summary>
internal static class Documentation
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseAutoIdentifiers().DisableHtml().Build();
    private static readonly ConcurrentDictionary<string, MarkupString?> Known = new();

    /// <summary>The page of an algorithm without its title; null where there is none.</summary>
    public static MarkupString? Of(string algorithm) => Known.GetOrAdd(algorithm, id =>
    {
        var file = Path.Combine(AppContext.BaseDirectory, "docs", "algorithms", $"{Path.GetFileName(id)}.md");
        if (!File.Exists(file))
            return null;
        var lines = File.ReadAllLines(file).SkipWhile(line => line.StartsWith("# ", StringComparison.Ordinal) || line.Length == 0);
        return new MarkupString(Markdown.ToHtml(string.Join('\n', lines), Pipeline));
    });
}
