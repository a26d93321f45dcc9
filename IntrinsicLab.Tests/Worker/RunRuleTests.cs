using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;
using IntrinsicLab.Worker;

namespace IntrinsicLab.Tests.Worker;

public class RunRuleTests
{
    [Fact]
    public async Task Artifact_OfARun_IsAFileThatSaysHowItWasMade()
    {
        await using var data = await TestData.Create();
        var run = await data.AddRun();
        var plan = Plan("""{"name": "It's a Test", "algorithm": "ppo", "environment": "cartpole", "steps": 4096, "seed": 3}""");
        var content = TestRules.Random().Content;

        var artifact = RunRule.Artifact(content, plan, 17, 2048, 1.26, "abc", "a processor", new DateOnly(2026, 2, 3));

        await data.Artifacts.Put(run.Id, artifact.Name, artifact.MediaType, Unpacked(artifact));
        var problems = new List<Problem>();
        var rule = LearnedRuleFile.Read((await data.Artifacts.Get(run.Id, Rules.ArtifactName))!.Unpack(), problems)!;
        Assert.Empty(problems);
        Assert.Equal("it-s-a-test@1", rule.Id);
        Assert.Equal(LearnedRuleFile.Digest(content), LearnedRuleFile.Digest(rule.Content));
        Assert.Equal((3, 17, 2048, 1.3, "a processor, 1 thread", "2026-02-03"),
            (rule.Origin.Seed, rule.Origin.Updates, rule.Origin.Steps, rule.Origin.Seconds, rule.Origin.Machine, rule.Origin.Date));
        Assert.True(JsonNode.DeepEquals(plan.ToJson(), JsonNode.Parse(rule.Origin.Configuration)));
        Assert.StartsWith("git checkout abc && printf '%s' '{", rule.Origin.Command);
        Assert.Contains("""It'\''s a Test""", rule.Origin.Command);
    }

    private static byte[] Unpacked(NewArtifact artifact)
    {
        using var packed = new MemoryStream(artifact.Stored);
        using Stream content = artifact.Encoding is null ? packed : new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionMode.Decompress);
        using var buffer = new MemoryStream();
        content.CopyTo(buffer);
        return buffer.ToArray();
    }

    private static RunPlan Plan(string json)
    {
        using var document = JsonDocument.Parse(json);
        return RunPlan.Read(document.RootElement, [])!;
    }
}
