using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;
using System.Text;
using static IntrinsicLab.Core.Experiments.Replay;

namespace IntrinsicLab.Tests.Data;

/// <summary>Artifacts that a run's own process writes, with its points.</summary>
public class ReplayStorageTests
{
    public static TheoryData<bool> Databases => TestData.Databases;

    private static NewArtifact Replay(long step, string content) =>
        new NewArtifact(NameAt(step), "application/json", Encoding.UTF8.GetBytes(content)).Compressed();

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Append_Artifacts_AreStoredPackedAndReplaced(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var run = await data.AddRun();
        var text = string.Concat(Enumerable.Repeat("frame ", 10_000));
        await data.Metrics.Append(run.Id, 1, [], artifacts: [Replay(20, "old"), Replay(10, "small")]);
        await data.Metrics.Append(run.Id, 1, [new("m", 1, 0, 1)], artifacts: [Replay(20, text)]);

        Assert.Equal([(5L, 10L), (60_000L, 20L)], (await data.Artifacts.List(run.Id)).Select(row => (row.Size, long.Parse(row.Name[8..^5]))));
        var large = await data.Artifacts.Get(run.Id, NameAt(20));
        Assert.Equal(text, Encoding.UTF8.GetString(large!.Unpack()));
        Assert.Equal(Artifact.Gzip, large.Encoding);
        Assert.InRange(large.Content.Length, 1, 1000);
        Assert.Null((await data.Artifacts.Get(run.Id, NameAt(10)))!.Encoding);
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Append_UnderAStaleFence_StoresNoArtifact(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var run = await data.AddRun();
        await data.Metrics.Append(run.Id, 1, [], artifacts: [Replay(10, "kept")]);

        await Assert.ThrowsAsync<StaleFenceException>(() => data.Metrics.Append(run.Id, 0, [], artifacts: [Replay(10, "late"), Replay(20, "late")]));
        await data.Queue.Transition(run.Id, RunStatus.Completed, "test", "", 1);
        await Assert.ThrowsAsync<StaleFenceException>(() => data.Metrics.Append(run.Id, 1, [], artifacts: [Replay(20, "late")]));

        var left = await data.Artifacts.Get(run.Id, Assert.Single(await data.Artifacts.List(run.Id)).Name);
        Assert.Equal("kept", Encoding.UTF8.GetString(left!.Unpack()));
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task TruncateAfter_AStep_DropsLaterReplaysAndFiguresAndNothingElse(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var run = await data.AddRun();
        await data.Metrics.Append(run.Id, 1, [], artifacts:
            [Replay(512, "a"), Replay(1024, "b"), Replay(2_000_000_000_000, "c"), new("replays.txt", "text/plain", [1]), new("zoo/1.json", "text/plain", [1]),
                new(FigureSheet.NameAt(512), "application/json", [1]), new(FigureSheet.NameAt(513), "application/json", [1])]);

        await data.Metrics.TruncateAfter(run.Id, 1, 512);
        Assert.Equal([FigureSheet.NameAt(512), "replays.txt", NameAt(512), "zoo/1.json"],
            (await data.Artifacts.List(run.Id)).Select(row => row.Name).Order(StringComparer.Ordinal));

        await data.Metrics.TruncateAfter(run.Id, 1, -1);
        Assert.Equal(["replays.txt", "zoo/1.json"], (await data.Artifacts.List(run.Id)).Select(row => row.Name).Order(StringComparer.Ordinal));
    }
}
