using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class ReplayBufferTests
{
    // Transition number n: its numbers say which it is.
    private static int Add(ReplayBuffer buffer, int number, bool terminated = false, bool ended = false) =>
        buffer.Add([number, -number], [number + 0.5f], 10 * number, [number + 1, -number - 1], terminated, ended, [number + 0.25f, number]);

    private static ReplayBuffer Buffer(int capacity, int environments = 1) => new(2, 1, capacity, environments, ("goal", 1), ("next_goal", 1));

    [Fact]
    public void Gather_AfterTheRingCameRound_GivesWhatTheRowsHold()
    {
        var buffer = Buffer(20_000);
        for (var number = 0; number < 30_001; number++)
            Add(buffer, number, terminated: number % 7 == 0, ended: number % 7 == 0);
        int[] rows = [0, 9_999, 10_000, 10_001, 19_999];
        int[] numbers = [20_000, 29_999, 30_000, 10_001, 19_999];
        var (joint, rewards, terminated) = (new float[5 * 4], new float[5], new float[5]);

        buffer.Gather(rows, buffer.Observation, joint, 4);
        buffer.Gather(rows, buffer.Action, joint, 4, 2);
        buffer.Gather(rows, buffer.Extras[1], joint, 4, 3);
        buffer.Gather(rows, buffer.Reward, rewards);
        buffer.GatherTerminated(rows, terminated);

        Assert.Equal((20_000, 10_001), (buffer.Count, buffer.Next));
        for (var i = 0; i < rows.Length; i++)
        {
            Assert.Equal([numbers[i], -numbers[i], numbers[i] + 0.5f, numbers[i]], joint[(4 * i)..(4 * i + 4)]);
            Assert.Equal(10f * numbers[i], rewards[i]);
            Assert.Equal(numbers[i] % 7 == 0 ? 1 : 0, terminated[i]);
            Assert.Equal(numbers[i] + 1, buffer[rows[i], buffer.NextObservation][0]);
        }
    }

    [Fact]
    public void Bytes_OfHalfCheetahsMillion_StayBelow400Megabytes()
    {
        var buffer = new ReplayBuffer(17, 6, 1_000_000);
        var (observation, action) = (new float[17], new float[6]);
        var empty = buffer.Bytes;

        for (var row = 0; row < 20_000; row++)
            buffer.Add(observation, action, 0, observation, false, false);

        Assert.Equal(0, empty);
        Assert.Equal(3 * 8192 * ReplayBuffer.BytesOfTransition(17, 6), buffer.Bytes);
        Assert.Equal(169_000_000, buffer.BytesWhenFull);
        Assert.True(buffer.BytesWhenFull < 400_000_000);
    }

    [Fact]
    public void Bytes_OfAFullBuffer_AreThoseThatWereTold()
    {
        var buffer = Buffer(9_000);
        for (var number = 0; number < 9_500; number++)
            Add(buffer, number);

        Assert.Equal(buffer.BytesWhenFull, buffer.Bytes);
        Assert.Equal(9_000 * ReplayBuffer.BytesOfTransition(2, 1, 2), buffer.Bytes);
    }

    [Fact]
    public void Draw_ManyRows_TakesEachEquallyOften()
    {
        var buffer = Buffer(50);
        for (var number = 0; number < 10; number++)
            Add(buffer, number);
        var rows = new int[100_000];

        buffer.Draw(new Rng(3), rows);

        foreach (var count in rows.CountBy(row => row).Select(pair => pair.Value))
            Assert.InRange(count, 9_600, 10_400);
        Assert.Equal(10, rows.Distinct().Count());
    }

    [Fact]
    public void DrawLater_OfAStep_IsUniformOverTheRestOfItsEpisode()
    {
        var buffer = Buffer(100);
        for (var number = 0; number < 12; number++)
            Add(buffer, number, ended: number % 4 == 3);
        var rng = new Rng(1);

        // Step 1 of the second episode: rows 5, 6 and 7.
        var counts = Enumerable.Range(0, 30_000).Select(_ => buffer.DrawLater(5, rng)).CountBy(row => row).ToDictionary();

        Assert.Equal([5, 6, 7], counts.Keys.Order());
        Assert.All(counts.Values, count => Assert.InRange(count, 9_600, 10_400));
    }

    [Theory]
    [InlineData(1, 23)]
    [InlineData(3, 30)]
    public void DrawLater_InARingThatCameRound_NeverLeavesTheEpisode(int environments, int capacity)
    {
        var buffer = new ReplayBuffer(1, 1, capacity, environments);
        var (lengths, rng) = (new Rng(5), new Rng(6));
        var episodes = new int[environments];
        var episodeOf = new Dictionary<int, (int Environment, int Episode, int Step)>();
        for (var step = 0; step < 400; step++)
            for (var environment = 0; environment < environments; environment++)
            {
                var ended = lengths.NextInt(9) == 0;
                var row = buffer.Add([step], [environment], 0, [step], false, ended);
                episodeOf[row] = (environment, episodes[environment], step);
                episodes[environment] += ended ? 1 : 0;
                var from = rng.NextInt(buffer.Count);
                // Rows that are still to come in this round of the environments belong to the round before.
                var last = buffer.LastOfEpisode(from);
                var (begun, later) = (episodeOf[from], episodeOf[buffer.DrawLater(from, rng)]);

                Assert.Equal((begun.Environment, begun.Episode), (later.Environment, later.Episode));
                Assert.True(later.Step >= begun.Step);
                var newest = episodeOf.Values.Where(each => each.Environment == begun.Environment && each.Episode == begun.Episode).Max(each => each.Step);
                Assert.Equal(newest, episodeOf[last].Step);
            }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(9_000)]
    [InlineData(25_003)]
    public void Save_OfABufferHoweverFull_GoesOnBitForBit(int added)
    {
        var (written, read) = (Buffer(12_000), Buffer(12_000));
        for (var number = 0; number < added; number++)
            Add(written, number, ended: number % 11 == 10);
        using var content = new MemoryStream();
        using (var writer = new CheckpointWriter(content))
            written.Save(writer);
        content.Position = 0;
        // What it held before is gone.
        Add(read, 77);

        using (var reader = new CheckpointReader(content))
            read.Load(reader);

        Assert.Equal(content.Length, content.Position);
        Assert.InRange(content.Length, written.Count * (8 * sizeof(float) + 1), written.Count * (8 * sizeof(float) + 1) + 100);
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal((written.Count, written.Next), (read.Count, read.Next));
            for (var row = 0; row < written.Count; row++)
            {
                Assert.True(written[row, written.Observation].SequenceEqual(read[row, read.Observation]));
                Assert.True(written[row, written.Extras[0]].SequenceEqual(read[row, read.Extras[0]]));
                Assert.Equal(written.LastOfEpisode(row), read.LastOfEpisode(row));
            }
            for (var number = added; number < added + 30; number++)
                Assert.Equal(Add(written, number, ended: number % 13 == 0), Add(read, number, ended: number % 13 == 0));
        }
    }

    [Fact]
    public void Add_OfTheWrongWidth_IsRefused() =>
        Assert.Throws<ArgumentException>(() => Buffer(10).Add([1], [1], 0, [1, 2], false, false, [1, 1]));
}
