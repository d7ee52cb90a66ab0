using System.Globalization;

namespace Slideport.Bench;

/// <summary>wrk, which asks over and over on several connections.</summary>
internal static class Wrk
{
    /// <summary>At once.</summary>
    internal const int Connections = 16;

    private const int Threads = 2;
    private const string Mark = "measured";

    /// <summary>Asks for some seconds.</summary>
    /// <param name="script">File to keep the script in.</param>
    /// <param name="address">Whom.</param>
    /// <param name="path">A Lua expression for the path of a request.</param>
    /// <param name="token">Who asks; null: nobody in particular.</param>
    /// <param name="seconds">How long.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InvalidOperationException">Not every answer was a success.</exception>
    internal static async Task<WrkResult> AskAsync(string script, Uri address, string path, string? token, int seconds, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(script, $$"""
            local seeds = 0
            function setup(thread)
              seeds = seeds + 1
              thread:set("seed", seeds)
            end
            function init(args)
              math.randomseed(seed)
            end
            function request()
              return wrk.format("GET", {{path}})
            end
            function done(summary, latency, requests)
              local e = summary.errors
              io.write(string.format("{{Mark}} %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
            end

            """, cancellationToken);
        string[] who = token is null ? [] : ["-H", $"Authorization: Bearer {token}"];
        var output = await ChildProcess.OutputAsync(
            "wrk",
            [
                "-t", Text(Threads), "-c", Text(Connections), "-d", $"{Text(seconds)}s", "-s", script, .. who, address.ToString(),
            ],
            cancellationToken);
        var line = output.Split('\n').FirstOrDefault(l => l.StartsWith(Mark, StringComparison.Ordinal)) ?? throw new InvalidOperationException($"wrk says: {output}");
        var numbers = line.Split(' ')[1..].Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        return numbers[3] == 0
            ? new WrkResult(numbers[0] * 1e6 / numbers[1], numbers[2] / 1000.0)
            : throw new InvalidOperationException($"{numbers[3]} of {numbers[0]} requests to {address} failed: {output}");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>How it went.</summary>
/// <param name="Rate">Answers a second.</param>
/// <param name="P99">The time that 99 of 100 answers took no longer than, in milliseconds.</param>
internal sealed record WrkResult(double Rate, double P99);
