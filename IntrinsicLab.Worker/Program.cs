using IntrinsicLab.Worker.Benchmarks;

return args is ["bench", ..] ? await BenchCommand.Run(args.ElementAtOrDefault(1)) : 2;
