namespace IntrinsicLab.Tests.Support;

/// <summary>A clock that moves only when told to.</summary>
internal sealed class FakeTimeProvider : TimeProvider
{
    private DateTimeOffset now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => now;

    public void Advance(TimeSpan by) => now += by;
}
