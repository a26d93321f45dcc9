namespace IntrinsicLab.Core.Experiments;

/// <summary>One fault in what a person wrote.</summary>
/// <param name="Pointer">JSON pointer (RFC 6901) of the place; empty for the whole document.</param>
/// <param name="Message">What is wrong and what would be right, as a sentence.</param>
public sealed record Problem(string Pointer, string Message)
{
    /// <summary>Appends a member or index to a pointer.</summary>
    public static string At(string pointer, string member) => $"{pointer}/{member.Replace("~", "~0").Replace("/", "~1")}";

    /// <summary>Sentence that names an unknown word and, where one is close, the known word probably meant.</summary>
    public static string Unknown(string kind, string word, IReadOnlyCollection<string> known)
    {
        var nearest = Nearest(word, known);
        if (nearest is not null)
            return $"There is no {kind} '{Shortened(word)}'. Did you mean '{nearest}'?";
        return known.Count is > 0 and <= 12
            ? $"There is no {kind} '{Shortened(word)}'. Known: {string.Join(", ", known)}."
            : $"There is no {kind} '{Shortened(word)}'.";
    }

    /// <summary>The known word with the fewest edits from <paramref name="word"/>, or null when none is close.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        var plain = Plain(word);
        if (plain.Length > 64)
            return null;
        var limit = Math.Max(2, plain.Length / 3);
        return known
            .Select(candidate => (Candidate: candidate, Edits: Edits(plain, Plain(candidate))))
            .Where(pair => pair.Edits <= limit)
            .OrderBy(pair => pair.Edits)
            .Select(pair => pair.Candidate)
            .FirstOrDefault();
    }

    private static string Plain(string word) => word.Replace("_", "").Replace("-", "").ToLowerInvariant();

    private static string Shortened(string word) => word.Length <= 60 ? word : word[..57] + "...";

    // Levenshtein's distance, two rows at a time.
    private static int Edits(string a, string b)
    {
        var previous = new int[b.Length + 1];
        var current = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            previous[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
                current[j] = Math.Min(Math.Min(previous[j], current[j - 1]) + 1, previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
            (previous, current) = (current, previous);
        }
        return previous[b.Length];
    }
}
