namespace IntrinsicLab.Tests.Support;

/// <summary>Tests that measure the process itself: they run after all others, one at a time.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public class Alone;
