using System.Text.Json;

namespace IntrinsicLab.Core.Experiments;

/// <summary>A fault in a file of a folder of plans.</summary>
/// <param name="File">Name of the file.</param>
/// <param name="Problem">What is wrong, and where in it.</param>
public sealed record FileProblem(string File, Problem Problem);

/// <summary>The published figures that a folder of plans repeats: those plans that have the member <see cref="Reproduction.Member"/>.</summary>
/// <param name="All">In the order of their files' names.</param>
/// <param name="Problems">Every fault of every file; a faulty entry is left out, the others stay.</param>
public sealed record ReproductionCatalog(IReadOnlyList<Reproduction> All, IReadOnlyList<FileProblem> Problems)
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>The entry with this id, or null.</summary>
    public Reproduction? Find(string id) => All.FirstOrDefault(entry => entry.Id == id);

    /// <summary>Every tag of an entry's plan.</summary>
    public IReadOnlyList<string> Tags => [.. All.SelectMany(entry => entry.Full.Tags).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>
    /// The entries that words stand for, each once, in the order of the words and of the catalogue: an id stands for its entry, any other word for
    /// every entry that has it as a tag.
    /// </summary>
    /// <param name="words">Ids and tags.</param>
    /// <param name="unknown">Those that are neither.</param>
    public IReadOnlyList<Reproduction> Select(IEnumerable<string> words, out IReadOnlyList<string> unknown)
    {
        var (chosen, strangers) = (new List<Reproduction>(), new List<string>());
        foreach (var word in words)
        {
            List<Reproduction> found = Find(word) is { } entry ? [entry] : [.. All.Where(each => each.Full.Tags.Contains(word))];
            chosen.AddRange(found.Except(chosen).ToList());
            if (found.Count == 0)
                strangers.Add(word);
        }
        unknown = strangers;
        return chosen;
    }

    /// <summary>Reads every <c>*.json</c> of a folder; one that is not there has no figures.</summary>
    public static ReproductionCatalog Read(string folder)
    {
        var (all, problems) = (new List<Reproduction>(), new List<FileProblem>());
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json") : [];
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(file);
            var found = new List<Problem>();
            if (ReadFile(file, found) is { } entry)
                if (all.Any(other => other.Id == entry.Id))
                    found.Add(new($"/{Reproduction.Member}/id", $"Another file has the figure '{entry.Id}'."));
                else
                    all.Add(entry);
            problems.AddRange(found.Select(problem => new FileProblem(name, problem)));
        }
        return new ReproductionCatalog(all, problems);
    }

    private static Reproduction? ReadFile(string file, List<Problem> problems)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(file), Lenient);
            if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(Reproduction.Member, out _))
                return Reproduction.Read(json.RootElement, problems);
        }
        catch (JsonException error)
        {
            problems.Add(new("", $"This is not JSON: {error.Message}"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problems.Add(new("", $"This file cannot be read: {error.Message}"));
        }
        return null;
    }
}
