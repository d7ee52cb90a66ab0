using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Slideport.ImageStore.Smb;

/// <summary>A connection to a share, in a process of its own; one request at a time.</summary>
/// <remarks>After anything but <see cref="SmbOutcome.Done"/>, <see cref="SmbOutcome.Missing"/>, <see cref="SmbOutcome.Taken"/> or <see cref="SmbOutcome.Different"/> it is of no more use.</remarks>
internal sealed class SmbSession : IDisposable
{
    // The library itself gives up after 20 s; who is still silent then is ended.
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(27);

    // Its exit code comes a moment after its last answer.
    private static readonly TimeSpan LastMoment = TimeSpan.FromSeconds(2);

    // Nothing of ours, and nothing of the host's, weakens what is asked for here.
    private const string Configuration = """
        [global]
          client min protocol = SMB3_11
          client max protocol = SMB3_11
          client ipc min protocol = SMB3_11
          client ipc max protocol = SMB3_11
          client smb encrypt = required
          client signing = required
          client ipc signing = required
          client lanman auth = no
          client plaintext auth = no
          disable netbios = yes
          name resolve order = host
        """;

    // What Kerberos, the runtime and the names of servers need; nothing else of this process, no secret of it above all.
    private static readonly string[] Inherited = ["PATH", "LANG", "TZ", "TMPDIR", "DOTNET_ROOT", "KRB5CCNAME", "KRB5_CONFIG", "KRB5_KTNAME", "RES_OPTIONS", "LOCALDOMAIN"];

    private const int MaxLastWords = 200;

    private static readonly Lock Writing = new(); // of the configuration

    private readonly SmbLocation _location;
    private readonly Process _process;
    private readonly SmbCredentials? _credentials;
    private readonly SmbAnswerReader _answers;
    private volatile string? _lastWords;
    private volatile bool _isEnded;

    private SmbSession(SmbLocation location, Process process, SmbCredentials? credentials)
    {
        (_location, _process, _credentials) = (location, process, credentials);
        _answers = new SmbAnswerReader(process.StandardOutput.BaseStream);
        process.ErrorDataReceived += (_, line) => Heard(line.Data);
        process.BeginErrorReadLine(); // must not fill the pipe, whether anybody wants it or not
    }

    /// <summary>When it was last put aside: a timestamp of the store's clock.</summary>
    internal long IdleSince { get; set; }

    /// <summary>Whether it can be asked again.</summary>
    internal bool IsUsable { get; private set; } = true;

    /// <summary>Starts the process and connects.</summary>
    /// <param name="program">What to start: this program itself as a rule.</param>
    /// <param name="location">Where to connect to.</param>
    /// <param name="credentials">Null: the Kerberos ticket that the host has.</param>
    /// <param name="home">A folder of ours, for libsmbclient's configuration and caches.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ImageStoreException">The share is not there, or is not to be trusted.</exception>
    internal static SmbSession Open(SmbProgram program, SmbLocation location, SmbCredentials? credentials, string home, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
            throw new ImageStoreException(ImageStoreFailure.Refused, $"'{location}': on this system write the share as \\\\{location.Server}\\{location.Share}; deliveries wait.");
        WriteConfiguration(home);
        var start = new ProcessStartInfo(program.Path) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = home };
        foreach (var argument in program.Arguments)
            start.ArgumentList.Add(argument);
        var inherited = Inherited.Select(name => (Name: name, Value: Environment.GetEnvironmentVariable(name))).ToArray();
        start.Environment.Clear();
        foreach (var (name, value) in inherited)
        {
            if (value is not null)
                start.Environment[name] = value;
        }

        start.Environment["HOME"] = home;
        start.Environment["DOTNET_EnableDiagnostics"] = "0"; // no dump of a process that knows a password
        var session = new SmbSession(location, Started(start), credentials);
        try
        {
            session.Ask(
                new SmbRequest(SmbOperation.Connect) { Location = location, User = credentials?.User, Password = credentials?.Password ?? "", Domain = credentials?.Domain ?? "" },
                cancellationToken);
            return session;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Asks, and waits as long as something is moving.</summary>
    /// <param name="request">What is wanted.</param>
    /// <param name="cancellationToken">Ends the process.</param>
    /// <param name="moving">Told of all that comes before the answer.</param>
    /// <param name="range">Room for the bytes behind the answer.</param>
    /// <returns>Done, Missing, Taken or Different.</returns>
    /// <exception cref="IOException">Anything else, as a sentence.</exception>
    internal SmbAnswer Ask(SmbRequest request, CancellationToken cancellationToken, Action<SmbAnswer>? moving = null, Memory<byte> range = default)
    {
        using var cancelled = cancellationToken.Register(End);
        using var watch = TimeProvider.System.CreateTimer(_ => End(), null, Patience, Timeout.InfiniteTimeSpan);
        IsUsable = false; // until it has answered: who throws half-way has not heard it to its end
        var answer = Answer(
            request,
            progress =>
            {
                moving?.Invoke(progress);
                watch.Change(Patience, Timeout.InfiniteTimeSpan);
            },
            range);
        if (answer?.Outcome is SmbOutcome.Done or SmbOutcome.Missing or SmbOutcome.Taken or SmbOutcome.Different)
        {
            IsUsable = !(request.Do == SmbOperation.Rename && answer.Outcome == SmbOutcome.Taken); // it has ended itself
            return answer;
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw answer is null
            ? new ImageStoreException(ImageStoreFailure.Offline, _isEnded
                ? $"The image store '{_location}' has stopped answering: check the server and the network; deliveries wait."
                : $"'{_location}': the process that speaks with it has ended by itself ({LastWords()}); deliveries wait.")
            : SmbFailures.Of(_location, _credentials?.User, request, answer);
    }

    public void Dispose()
    {
        End();
        _process.WaitForExit();
        _process.Dispose();
    }

    private SmbAnswer? Answer(SmbRequest request, Action<SmbAnswer> moving, Memory<byte> range)
    {
        try
        {
            _process.StandardInput.WriteLine(JsonSerializer.Serialize(request, SmbJson.Default.SmbRequest));
            _process.StandardInput.Flush();
            while (_answers.Next() is { } answer)
            {
                if (answer.Outcome == SmbOutcome.Progress)
                {
                    moving(answer);
                    continue;
                }

                if (request.Do != SmbOperation.Range || answer.Outcome != SmbOutcome.Done)
                    return answer;
                if (answer.Bytes < 0 || answer.Bytes > range.Length)
                    throw new JsonException("More comes than was asked for.");
                _answers.ReadExactly(range.Span[..(int)answer.Bytes]);
                return answer;
            }
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            // It has ended.
        }

        return null;
    }

    private static Process Started(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new IOException($"'{start.FileName}' cannot be started.");
        }
        catch (Win32Exception e)
        {
            throw new IOException($"'{start.FileName}', which is to speak with the share, cannot be started: {e.Message.TrimEnd('.')}.", e);
        }
    }

    // What libsmbclient says as it goes is for nobody; the last of a process that has ended may say why. Never what it was told in confidence.
    private void Heard(string? line)
    {
        if (string.IsNullOrWhiteSpace(line) || char.IsWhiteSpace(line[0]) || (_credentials is { Password: { Length: > 0 } secret } && new[] { secret, JsonEncodedText.Encode(secret).Value }.Any(line.Contains)))
            return;
        _lastWords = line.Length > MaxLastWords ? line[..MaxLastWords] : line;
    }

    private string LastWords()
    {
        if (!_process.WaitForExit(LastMoment))
            return "it still runs, but says nothing that can be read";
        _process.WaitForExit(); // for what it said at last
        var code = string.Create(CultureInfo.InvariantCulture, $"exit code {_process.ExitCode}");
        return _lastWords is { } words ? $"{code}: {words.TrimEnd('.')}" : code;
    }

    private void End()
    {
        _isEnded = true;
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    private static void WriteConfiguration(string home)
    {
        using var alone = Writing.EnterScope();
        Files.DurableFile.CreateDirectory(home);
        var path = Path.Join(home, SmbAgent.ConfigurationName);
        var text = string.Concat(Configuration, "\n", string.Concat(((string[])["lock", "state", "cache", "private"]).Select(kind => $"  {kind} directory = {home}\n")));
        // libsmbclient reads the one in the home folder by itself, before it can be told of any other.
        Files.DurableFile.CreateDirectory(Path.Join(home, ".smb"));
        foreach (var file in (string[])[path, Path.Join(home, ".smb", "smb.conf")])
        {
            if (!File.Exists(file) || File.ReadAllText(file) != text)
                Files.DurableFile.Replace(file, System.Text.Encoding.UTF8.GetBytes(text));
        }
    }
}

/// <summary>The program that <see cref="SmbAgent.Run"/> is started by.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Arguments">Its arguments.</param>
public sealed record SmbProgram(string Path, IReadOnlyList<string> Arguments)
{
    /// <summary>This program, which must become the agent when its only argument is <see cref="SmbAgent.Command"/>.</summary>
    public static SmbProgram Self
    {
        get
        {
            var path = Environment.ProcessPath ?? throw new InvalidOperationException("This process has no program.");
            return System.IO.Path.GetFileNameWithoutExtension(path) == "dotnet" ? new(path, [Environment.GetCommandLineArgs()[0], SmbAgent.Command]) : new(path, [SmbAgent.Command]);
        }
    }
}
