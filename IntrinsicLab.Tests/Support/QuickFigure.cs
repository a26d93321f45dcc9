using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Tests.Support;

/// <summary>A figure to reproduce that takes seconds: two algorithms, two seeds, one short task.</summary>
internal static class QuickFigure
{
    public const string Json = """
        {
          "name": "A quick figure", "environments": ["cartpole"], "seeds": 2, "steps": 4096,
          "arms": [{"name": "with PPO", "algorithm": "ppo"}, {"name": "with A2C", "algorithm": "a2c"}],
          "reproduction": {
            "id": "quick-figure", "paper": {"authors": "Nobody and Somebody", "year": 2020, "title": "On Quick Figures", "link": "https://example.org/paper"},
            "figure": "figure 1", "title": "A quick figure", "claim": "One learns faster than the other.", "reduced": {"steps": 2048},
            "settings": {"interval": "minmax"},
            "expected": [{"better": "with PPO", "worse": "with A2C"}, {"group": "with PPO", "above": 5, "score": "area"}],
            "minutes": {"full": 0.2, "reduced": 0.1}, "deviations": "It shows nothing."
          }
        }
        """;

    /// <summary>Reads the figure, after a change of its plan.</summary>
    public static Reproduction Read(Action<JsonObject>? change = null)
    {
        var problems = new List<Problem>();
        return Reproduction.Read(Changed(change), problems) ?? throw new InvalidOperationException(string.Join("; ", problems));
    }

    public static JsonElement Changed(Action<JsonObject>? change)
    {
        var json = JsonNode.Parse(Json)!.AsObject();
        change?.Invoke(json);
        return JsonSerializer.SerializeToElement(json);
    }

    /// <summary>Writes it and the repository's own plans into a folder, whose path is returned.</summary>
    public static string WritePlans(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "experiments"), "*.json"))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(folder, "quick-figure.json"), Json);
        return folder;
    }
}
