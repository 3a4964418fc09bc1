// Does with a generated client of the wine project what a test names, and prints what became of it.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Relevo.Wine;

internal static class Driver
{
    private static int Main(string[] words)
    {
        // Numbers must travel alike wherever the application runs.
        var commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        commas.NumberFormat.NumberDecimalSeparator = ",";
        commas.NumberFormat.NegativeSign = "minus";
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = commas;
        Run(words).GetAwaiter().GetResult();
        return 0;
    }

    private static async Task Run(string[] words)
    {
        var options = new ClientOptions
        {
            AttemptTimeout = TimeSpan.FromSeconds(words[0] == "timeout" ? 3 : 20),
            FirstPause = TimeSpan.FromMilliseconds(20),
            Listener = words[0] == "listener",
            Version = words[0] == "version" ? "B" : "",
            Retries = words[0] == "timeout" ? 1 : 5,
        };
        string address = Environment.GetEnvironmentVariable("ADDRESS");
        using (var client = new WineClient(address, Environment.GetEnvironmentVariable("RELEVO_TOKEN"), options))
        {
            try
            {
                await Do(client, words);
            }
            catch (RelevoException error)
            {
                string told = string.Join(" ", "error", error.Status, error.Code, error.Field);
                Console.WriteLine(words[0] == "why" ? error.Message : told);
            }
            catch (OperationCanceledException)
            {
                Console.WriteLine("cancelled");
            }
        }
    }

    private static async Task Do(WineClient client, string[] words)
    {
        switch (words[0])
        {
            case "rows":
                Print(await client.PredictBatchAsync(File.ReadAllLines(words[1]).Select(Input).ToList()));
                break;
            case "again":
                var input = new[] { Input(words[1]) };
                string[] ids = { PredictionId.New() };
                Print(await client.PredictBatchAsync(input, ids));
                Print(await client.PredictBatchAsync(input, ids));
                break;
            case "cancel":
                using (var source = new CancellationTokenSource())
                {
                    Task<WinePrediction> asked = client.PredictAsync(Input(words[1]), source.Token);
                    Console.In.ReadLine();
                    source.Cancel();
                    await asked;
                }
                break;
            case "lacking":
                WineInput lacking = Input(words[1]);
                lacking.PH = null;
                await client.PredictBatchAsync(new[] { Input(words[1]), lacking });
                break;
            case "not-a-number":
                WineInput strange = Input(words[1]);
                strange.PH = double.NaN;
                await client.PredictAsync(strange);
                break;
            case "label":
                var labels = words.Skip(1).Select(id => new KeyValuePair<string, double>(id, 5.5)).ToList();
                Print(await client.LabelBatchAsync(labels));
                Print(await client.LabelAsync(words[1], 6));
                Print(await client.LabelAsync(PredictionId.New(), 6));
                break;
            case "null":
                try
                {
                    await client.PredictAsync(null);
                }
                catch (ArgumentException error)
                {
                    Console.WriteLine(error.ParamName);
                }
                break;
            case "nothing":
                Console.WriteLine((await client.PredictBatchAsync(new WineInput[0])).Count);
                Print(await client.LabelBatchAsync(new KeyValuePair<string, double>[0]));
                break;
            default:
                Print(new[] { await client.PredictAsync(Input(words[1])) });
                break;
        }
    }

    private static void Print(IEnumerable<WinePrediction> predictions)
    {
        foreach (WinePrediction one in predictions)
        {
            Console.WriteLine(one.Id + " " + one.Value.ToString("G17", CultureInfo.InvariantCulture) + " " + one.Version);
        }
    }

    private static void Print(LabelCounts told)
    {
        Console.WriteLine("{0} {1} {2}", told.Accepted, told.Corrected, told.NotYetMatched);
    }

    private static WineInput Input(string line)
    {
        double[] values = line.Split(',').Select(one => double.Parse(one, CultureInfo.InvariantCulture)).ToArray();
        return new WineInput
        {
            FixedAcidity = values[0], VolatileAcidity = values[1], CitricAcid = values[2],
            ResidualSugar = values[3], Chlorides = values[4], FreeSulfurDioxide = values[5],
            TotalSulfurDioxide = values[6], Density = values[7], PH = values[8], Sulphates = values[9],
            Alcohol = values[10],
        };
    }
}
