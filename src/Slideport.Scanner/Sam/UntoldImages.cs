using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Slideport.Files;
using Slideport.Protocol;
using Slideport.Protocol.ImageMetadata;

namespace Slideport.Scanner.Sam;

/// <summary>
/// What SAM is still to be told of images that lie at the converter: a file for each, beside who the scanner is, so that it outlives the process.
/// Safe for concurrent use, also by several processes: telling twice is harmless, and a file may vanish at any moment.
/// </summary>
/// <remarks>None of it stops a scanner: what goes wrong with a file is a sentence in <see cref="Problems"/>, and the file stays, here or set aside.</remarks>
/// <param name="folder">Where; null: nowhere, and what SAM has not taken by then ends with the process.</param>
internal sealed class UntoldImages(string? folder)
{
    private const int MaxBytes = 1 << 20; // SAM takes no more

    private readonly Lock _lock = new(); // guards _problems and _unkept
    private readonly List<string> _problems = [];
    private readonly Dictionary<string, string> _unkept = new(StringComparer.Ordinal); // by image, until SAM has taken it

    /// <summary>Those of a scanner.</summary>
    internal static UntoldImages Of(ScannerIdentity identity) => new(identity.Kept is { } kept ? Path.Join(kept.Folder, "untold") : null);

    /// <summary>What went wrong, each once.</summary>
    internal IReadOnlyList<string> Problems
    {
        get
        {
            lock (_lock)
                return [.. _problems, .. _unkept.Values];
        }
    }

    /// <summary>The files of all that wait.</summary>
    internal IReadOnlyList<string> Files()
    {
        try
        {
            return folder is not null && Directory.Exists(folder) ? [.. Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal)] : [];
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            Say($"Whether SAM is still to be told of images cannot be seen in '{folder}': {e.Message}");
            return [];
        }
    }

    /// <summary>An image is with the converter; durable when this returns, unless a problem says otherwise.</summary>
    internal void Keep(ImageMetadata image)
    {
        if (folder is null)
            return;
        try
        {
            DurableFile.CreateDirectory(folder);
            DurableFile.Replace(FileOf(image), JsonSerializer.SerializeToUtf8Bytes(image, ProtocolJson.Options));
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            lock (_lock)
                _unkept[image.ImageId] = $"What SAM is to know of image {image.ImageId} cannot be kept in '{folder}', and is lost if the scanner is stopped before SAM has taken it: {e.Message}";
        }
    }

    /// <summary>What a file says. One that says nothing is set aside.</summary>
    /// <returns>Null when it has vanished, is set aside, or cannot be read now.</returns>
    internal ImageMetadata? Read(string file)
    {
        string wrong;
        try
        {
            using var stream = new FileStream(DurableFile.OpenRead(file), FileAccess.Read);
            if (stream.Length > MaxBytes)
                wrong = $"It is longer than {MaxBytes} bytes.";
            else if (JsonSerializer.Deserialize<ImageMetadata>(stream, ProtocolJson.Options) is not { } image)
                wrong = "It is empty.";
            else if (Path.GetFileName(FileOf(image)) != Path.GetFileName(file))
                wrong = "Its name is another image's.";
            else if (image.Validate() is [var first, ..])
                wrong = $"{first.Field}: {first.Message}";
            else
                return image;
        }
        catch (JsonException e)
        {
            wrong = e.Message;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            Say($"What SAM is to know of an image cannot be read from '{file}', which stays: {e.Message}");
            return null;
        }

        SetAside(file, $"What SAM is to know of an image cannot be read from '{file}': {wrong}");
        return null;
    }

    /// <summary>SAM has taken it.</summary>
    internal void Forget(ImageMetadata image)
    {
        lock (_lock)
            _unkept.Remove(image.ImageId);
        if (folder is null || !File.Exists(FileOf(image)))
            return;
        try
        {
            DurableFile.Delete(FileOf(image));
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            Say($"SAM knows image {image.ImageId}, and will be told of it again, because '{FileOf(image)}' cannot be removed: {e.Message}");
        }
    }

    /// <summary>SAM will never take it as it is: a person looks.</summary>
    internal void Refuse(ImageMetadata image, SamException refusal)
    {
        if (folder is not null)
            SetAside(FileOf(image), $"SAM does not take the metadata of image {image.ImageId}: {refusal.Message}");
    }

    /// <summary>Where an image is kept. Text of a slide never becomes a path.</summary>
    internal string FileOf(ImageMetadata image) => Path.Join(folder, $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(image.ImageId)))}.json");

    private void SetAside(string file, string reason)
    {
        try
        {
            var aside = file + ".bad";
            for (var number = 2; !DurableFile.TryRename(file, aside); number++)
                aside = FormattableString.Invariant($"{file}.bad-{number}");
            DurableFile.FlushDirectory(folder!);
            Say($"{reason} It was set aside as '{aside}'.");
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            if (File.Exists(file))
                Say($"{reason} It cannot be set aside: {e.Message}");
        }
    }

    private void Say(string problem)
    {
        lock (_lock)
        {
            if (!_problems.Contains(problem))
                _problems.Add(problem);
        }
    }

    private static bool IsOfDisk(Exception error) => error is IOException or UnauthorizedAccessException;
}
