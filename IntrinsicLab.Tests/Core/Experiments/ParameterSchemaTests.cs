using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Tests.Core.Experiments;

public class ParameterSchemaTests
{
    public enum Shape
    {
        Plain,
        VeryRound,
    }

    public sealed record Sample
    {
        [Range(0.0, 1.0, MinimumIsExclusive = true), Unit("per step"), Group("Loss")]
        public double LearningRate { get; init; } = 0.5;

        [Range(1, 100)]
        public int StepsPerRollout { get; init; } = 10;

        public bool Clip { get; init; } = true;

        public Shape Shape { get; init; }

        [Range(1, 512)]
        public int[] HiddenSizes { get; init; } = [64, 64];
    }

    private static readonly ParameterSchema Schema = ParameterSchema.Of(typeof(Sample));

    private static (Sample Config, List<Problem> Problems) Read(string json)
    {
        var problems = new List<Problem>();
        var config = (Sample)Schema.Read(JsonDocument.Parse(json).RootElement, new Sample(), "/parameters", problems);
        return (config, problems);
    }

    [Fact]
    public void Read_GivenMembers_LaysThemOverDefaults()
    {
        var (config, problems) = Read("""{"learningRate": 0.25, "shape": "very-round", "hiddenSizes": [32]}""");

        Assert.Empty(problems);
        Assert.Equal(0.25, config.LearningRate);
        Assert.Equal(Shape.VeryRound, config.Shape);
        Assert.Equal([32], config.HiddenSizes);
        Assert.Equal(10, config.StepsPerRollout);
    }

    [Fact]
    public void Read_ManyFaults_ListsEveryOneWithItsPointer()
    {
        var (_, problems) = Read("""{"learningRat": 1, "learningRate": 0, "stepsPerRollout": 2.5, "clip": "yes", "shape": "plane", "hiddenSizes": [64, 0, "x"]}""");

        Assert.Equal(
            ["/parameters/clip", "/parameters/hiddenSizes/1", "/parameters/hiddenSizes/2", "/parameters/learningRat", "/parameters/learningRate",
                "/parameters/shape", "/parameters/stepsPerRollout"],
            problems.Select(problem => problem.Pointer).Order(StringComparer.Ordinal));
        Assert.Contains(problems, problem => problem.Message.Contains("Did you mean 'learningRate'", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Message.Contains("Did you mean 'plain'", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Message.Contains("above 0 to 1 per step", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("1e1", 10)]
    [InlineData("10.0", 10)]
    public void Read_WholeNumberInAnotherNotation_IsTaken(string written, int expected)
    {
        var (config, problems) = Read($$"""{"stepsPerRollout": {{written}}}""");

        Assert.Empty(problems);
        Assert.Equal(expected, config.StepsPerRollout);
    }

    [Theory]
    [InlineData("1e400")]
    [InlineData("99999999999999999999")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("\"5\"")]
    public void Read_NotAWholeNumber_IsRefused(string written)
    {
        var (_, problems) = Read($$"""{"stepsPerRollout": {{written}}}""");

        Assert.Equal("/parameters/stepsPerRollout", Assert.Single(problems).Pointer);
    }

    [Fact]
    public void Read_MemberTwice_IsRefused()
    {
        var (_, problems) = Read("""{"clip": true, "clip": false}""");

        Assert.Contains("twice", Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ThenRead_GivesEqualConfig()
    {
        var config = new Sample { LearningRate = 0.1, Clip = false, Shape = Shape.VeryRound, HiddenSizes = [1, 2, 3] };

        var (again, problems) = Read(Schema.Write(config).ToJsonString());

        Assert.Empty(problems);
        Assert.Equal(config with { HiddenSizes = again.HiddenSizes }, again);
        Assert.Equal(config.HiddenSizes, again.HiddenSizes);
    }

    [Fact]
    public void JsonSchema_OfRecord_StatesTypesRangesAndDefaults()
    {
        var schema = Schema.JsonSchema(new Sample());

        var rate = schema["properties"]!["learningRate"]!;
        Assert.Equal("number", (string)rate["type"]!);
        Assert.Equal(0, (double)rate["exclusiveMinimum"]!);
        Assert.Equal(0.5, (double)rate["default"]!);
        Assert.Equal("per step", (string)rate["x-unit"]!);
        Assert.Equal(512, (double)schema["properties"]!["hiddenSizes"]!["items"]!["maximum"]!);
        Assert.False((bool)schema["additionalProperties"]!);
    }

    [Fact]
    public void Parameters_LabelsAreWords()
    {
        Assert.Equal(["Learning rate", "Steps per rollout", "Clip", "Shape", "Hidden sizes"], Schema.Parameters.Select(parameter => parameter.Label));
    }
}
