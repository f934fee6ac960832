"use strict";
function each(list,act){Array.prototype.forEach.call(list,act)}
function apply(id){
  var table=document.getElementById(id);if(!table)return;
  var box=document.querySelector('[data-filter="'+id+'"]'),words=box?box.value.toLowerCase().split(/\s+/):[];
  var picks=[];each(document.querySelectorAll('select[data-column="'+id+'"]'),function(s){if(s.value)picks.push([+s.dataset.at,s.value])});
  var shown=0,rows=table.tBodies[0].rows,any=picks.length||words.some(function(w){return w});
  if(!any&&!table.dataset.narrow)shown=rows.length;
  else each(rows,function(row){
    var text=row.textContent.toLowerCase();
    var yes=words.every(function(w){return text.indexOf(w)>=0})&&picks.every(function(p){return row.cells[p[0]].textContent.trim()===p[1]});
    row.hidden=!yes;if(yes)shown++;
  });
  table.dataset.narrow=any?"yes":"";
  var told=document.querySelector('[data-count="'+id+'"]');if(told)told.textContent=shown+" of "+rows.length+" rows";
}
each(document.querySelectorAll("[data-filter]"),function(box){box.addEventListener("input",function(){apply(box.dataset.filter)});apply(box.dataset.filter)});
each(document.querySelectorAll("select[data-column]"),function(s){s.addEventListener("change",function(){apply(s.dataset.column)})});
each(document.querySelectorAll("svg.map"),function(svg){
  var lines=svg.querySelectorAll(".line"),boxes=svg.querySelectorAll(".box");
  function via(l){return l.dataset.via?l.dataset.via.split("\n"):[]}
  function light(key){
    var near={};near[key]=true;
    each(lines,function(l){
      var on=l.dataset.a===key||l.dataset.b===key||via(l).indexOf(key)>=0;l.classList.toggle("on",on);
      if(on){near[l.dataset.a]=near[l.dataset.b]=true;if(l.dataset.a===key||l.dataset.b===key)each(via(l),function(k){near[k]=true})}
    });
    each(lines,function(l){if(l.classList.contains("used")&&near[l.dataset.a]&&near[l.dataset.b])l.classList.add("on")});
    each(boxes,function(b){b.classList.toggle("on",!!near[b.dataset.key])});
    svg.classList.add("lit");
  }
  function dark(){svg.classList.remove("lit")}
  each(boxes,function(b){
    b.addEventListener("mouseenter",function(){light(b.dataset.key)});b.addEventListener("mouseleave",dark);
    b.addEventListener("focus",function(){light(b.dataset.key)});b.addEventListener("blur",dark);
  });
});
